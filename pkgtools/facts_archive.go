// SPDX-License-Identifier: MIT

package pkgtools

import "github.com/slackbond/slackbond/pkgtools/finding"

// archiveRules are about the archive as such: what is unusual about it.
var archiveRules = []packageRule{{
	Name:    "package-archive",
	Level:   finding.Warning,
	Why:     "installpkg takes it as tar does, but not every tool reads the same files out of it",
	Fix:     "make it with makepkg",
	Package: odd(false),
}, {
	Name:    "package-archive-old",
	Level:   finding.Note,
	Why:     "strict readers of archives may take it for one that is cut off",
	Fix:     "make it with makepkg of Slackware 15.0 or later, or mkslack",
	Package: odd(true),
}}

func odd(usual bool) func(*verifier, sayer) {
	return func(v *verifier, say sayer) {
		for _, o := range v.p.Odd {
			if o.Usual == usual {
				say(o.Path, "%s", o.Text)
			}
		}
	}
}
