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
	v := version
	if len(v) > 1 && v[0] == 'v' && '0' <= v[1] && v[1] <= '9' {
		v = v[1:]
	}
	if prerelease != "" {
		v += "-" + prerelease
	}
	if metadata != "" {
		v += "+" + metadata
	}
	v = strings.ReplaceAll(v, "-", "_")
	if !versionRE.MatchString(v) {
		return "", fmt.Errorf("version %q: only letters, digits and . _ + ~ can be in a package's version", v)
	}
	return v, nil
}

var versionRE = regexp.MustCompile(`^[A-Za-z0-9._+~]+$`)
