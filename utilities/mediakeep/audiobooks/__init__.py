"""Audiobooks: folders of audio files that become one M4B with chapters, in eight stages.

1. input: find, check and order the files (`sources`).
2. backup: copy the source folders.
3. counting: decode each file to find its exact length (`encoding`), then the chapters (`chapters`).
4. encoding: encode chunks of the common timeline on all cores (`encoding`).
5. muxing: write the M4B with chapters, tags and cover (`muxing`, `details`).
6. verifying: decode it, and compare it with the sources (`muxing`).
7. placing: move it to its folder, never over another book.
8. completed: record the job (`publishing`), and remove the working folders.

The modules here bring these packages together. Every stage may run again after a kill.
"""
