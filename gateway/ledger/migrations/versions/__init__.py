"""One file for each revision; the file name begins with v and the revision."""
