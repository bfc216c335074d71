"""Albums: folders of audio files, converted through working folders in five stages.

1. preparing: check the disk space, copy the album to `_source`, and measure its loudness.
2. converting: convert each track into `_processed`, then add the extra files.
3. archiving: copy `_source` to the archive with a metadata file.
4. finalizing: move `_processed` to its place, and delete the original if that is set.
5. completed: remove the working folders if that is set.

Every stage may run again after a kill.
"""
