// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"fmt"
	"strings"
)

// Name is the name of a package, in its four parts.
type Name struct {
	Name    string `json:"name"` // may hold hyphens; the other parts may not
	Version string `json:"version"`
	Arch    string `json:"arch"`
	Build   string `json:"build"` // number and tag, as in "1_SBo"
}

// Extensions are the ends of package file names that installpkg accepts.
var Extensions = []string{".txz", ".tgz", ".tbz", ".tlz"}

// TrimExt takes directories and one extension of a package off path, as
// installpkg does to find the name under which it records a package.
func TrimExt(path string) (full, ext string) {
	full = path[strings.LastIndexByte(path, '/')+1:]
	for _, e := range Extensions {
		if s, ok := strings.CutSuffix(full, e); ok {
			return s, e
		}
	}
	return full, ""
}

// BaseName is what stands before the last three hyphens of a full name, or all
// of it where there are fewer (packages from before 2001 were called so). It is
// the name by which upgradepkg finds the package that it replaces.
func BaseName(full string) string {
	rest := full
	for range 3 {
		i := strings.LastIndexByte(rest, '-')
		if i < 0 {
			return full
		}
		rest = rest[:i]
	}
	return rest
}

// PartsError is a name of fewer than four parts: the package tools take it, and
// all of it is the name of the package.
type PartsError struct {
	Full  string
	Parts int
}

func (e *PartsError) Error() string {
	return fmt.Sprintf("package name %q has %d of the four parts NAME-VERSION-ARCH-BUILD", e.Full, e.Parts)
}

// Check tells whether the package tools can deal with the name for all that.
func (e *PartsError) Check() error {
	if err := checkPart(e.Full, true); err != nil {
		return fmt.Errorf("package name %q: %w", e.Full, err)
	}
	return nil
}

// ParseName splits the name of a package or package file; directories and an
// extension are ignored. The result has passed Check. A name of fewer parts is a
// *PartsError.
func ParseName(path string) (Name, error) {
	full, _ := TrimExt(path)
	parts := strings.Split(full, "-")
	n := len(parts)
	if n < 4 {
		return Name{}, &PartsError{full, n}
	}
	name := Name{strings.Join(parts[:n-3], "-"), parts[n-3], parts[n-2], parts[n-1]}
	return name, name.Check()
}

// String is the full name: NAME-VERSION-ARCH-BUILD.
func (n Name) String() string {
	return n.Name + "-" + n.Version + "-" + n.Arch + "-" + n.Build
}

// Check tells whether Slackware's package tools can deal with the name. They
// take far more than this; but blanks, %, and what a shell expands fail later,
// in upgradepkg or removepkg.
func (n Name) Check() error {
	for _, part := range []struct {
		what, text string
		hyphen     bool
	}{
		{"name", n.Name, true}, {"version", n.Version, false}, {"architecture", n.Arch, false}, {"build", n.Build, false},
	} {
		if err := checkPart(part.text, part.hyphen); err != nil {
			return fmt.Errorf("package name %q: %s: %w", n.String(), part.what, err)
		}
	}
	return nil
}

func checkPart(s string, hyphen bool) error {
	if s == "" {
		return errors.New("is empty")
	}
	for i, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '~':
		case c == '+', c == '.', c == '@', c == ',', c == '=', c == ':', c == '^':
			if i == 0 {
				return fmt.Errorf("%q starts with %q", s, c)
			}
		case c == '-' && hyphen:
			if i == 0 {
				return fmt.Errorf("%q starts with a hyphen", s)
			}
		case c == '-':
			return fmt.Errorf("%q holds a hyphen", s)
		default:
			return fmt.Errorf("%q holds %q; letters, digits and . _ + ~ @ , = : ^ are safe", s, c)
		}
	}
	return nil
}
