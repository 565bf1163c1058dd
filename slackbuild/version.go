// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"regexp"
	"strings"
)

// FoldVersion makes one version without hyphens, which separate the fields of
// a package's name, from the parts that nfpm keeps apart: 1.2.0, rc-1 and git3
// give 1.2.0_rc_1+git3. A leading v before a digit is dropped, as nfpm drops
// it from a semantic version.
func FoldVersion(version, prerelease, metadata string) (string, error) {
	if len(version) > 1 && version[0] == 'v' && '0' <= version[1] && version[1] <= '9' {
		version = version[1:]
	}
	return joinVersion(version, prerelease, metadata)
}

func joinVersion(v, prerelease, metadata string) (string, error) {
	if prerelease != "" {
		v += "-" + prerelease
	}
	if metadata != "" {
		v += "+" + metadata
	}
	v = strings.ReplaceAll(v, "-", "_")
	if !versionRE.MatchString(v) {
		return "", fmt.Errorf("version %q: a package's version has letters and digits, and only . _ + ~ beside them", v)
	}
	return v, nil
}

var versionRE = regexp.MustCompile(`^[._+~]*[A-Za-z0-9][A-Za-z0-9._+~]*$`)
