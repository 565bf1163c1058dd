// SPDX-License-Identifier: MIT

// Package repo keeps the lists of a binary repository, a directory of packages
// served over HTTP or from a disk, as slackpkg, slackpkg+ and slapt-get read
// them: PACKAGES.TXT, CHECKSUMS.md5, MANIFEST.bz2, FILELIST.TXT, ChangeLog.txt,
// a .txt and .md5 beside each package, signatures where a key is named, and
// pages for a browser that load nothing from elsewhere.
//
// A package that has not changed since the last time is not read again.
package repo
