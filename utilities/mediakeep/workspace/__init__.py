"""Working folders, verified copies, atomic moves, quarantine and disk space of long conversions.

job_files        the folders of an item at work, found again by its key, and its state files
stage_worker     the stages of a kind of jobs, and what their errors mean
output_records   which outputs are finished
verified_copy    copies of files and folders, verified by hash
copy_progress    progress of copies, in bytes
manifest         the files of a folder with their hashes
folder_owners    who published a folder
place_file       one finished file under a free name
published_folder where an item has published, and what of that is its own
moves            copies and moves of folders that appear at once
publish          archive and output folders, and what to do about existing ones
backups          copies of source folders, and what is restored from them
backup_retention removal of backups after a number of days
quarantine       replaced files, kept for a number of days
disk_space       free space, with reservations shared by all processes
"""
