// SPDX-License-Identifier: MIT

package pkgtools

import (
	"compress/gzip"
	"io"
	"strings"
)

// contentWarnings are makepkg's warnings about what is in the package, worded
// as there: sbotools and people look for these words.
func contentWarnings(members []Entry) []string {
	var warnings []string
	perl := false
	for i := range members {
		e := &members[i]
		perl = perl || strings.Contains(e.Path, "site_perl")
		switch {
		case e.file() && strings.HasSuffix(e.Path, ".gz"):
			if text := checkGzip(e); text != "" {
				warnings = append(warnings, text)
			}
		case e.Mode.IsDir() && e.Path == "usr/share/man":
			warnings = append(warnings, "/usr/share/man (with possibly not gzipped man pages) detected")
		case e.Mode.IsDir() && e.Path == "usr/share/info":
			warnings = append(warnings, "/usr/share/info (with possibly not gzipped info pages) detected")
		}
	}
	if perl {
		warnings = append(warnings, "site_perl directory detected (this is fine for a local package build)")
	}
	return warnings
}

// checkGzip reads a gzip file to its end.
func checkGzip(e *Entry) string {
	failed := "gzip test failed on " + printable(e.Path)
	if e.Size == 0 {
		return failed
	}
	r, err := e.Open()
	if err != nil {
		return failed
	}
	defer r.Close()
	z, err := gzip.NewReader(r)
	if err != nil {
		return failed
	}
	n, err := io.Copy(io.Discard, z)
	switch {
	case err != nil:
		return failed
	case n == 0:
		return printable(e.Path) + " is an empty gzipped file"
	}
	return ""
}
