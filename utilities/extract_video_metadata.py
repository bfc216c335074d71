"""Show the metadata of video files: the same command as `extract-video-metadata`."""

from mediakeep.commands.extract_video_metadata import main

if __name__ == "__main__":
    main()
