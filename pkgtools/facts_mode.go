// SPDX-License-Identifier: MIT

package pkgtools

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// modeRules are about types, modes, owners and attributes.
var modeRules = []packageRule{{
	Name:  "package-system-dir",
	Level: finding.Error,
	Why:   "the directory is the whole system's: installpkg gives it this mode and owner, and other programs no longer reach it, or too many do",
	Fix:   "give it Slackware's mode and owner, or leave it out",
	Entry: func(v *verifier, m *member) string { return v.systemDir(m, true) },
}, {
	Name:  "package-system-dir-odd",
	Level: finding.Warning,
	Why:   "the directory is another package's, which has it with another mode or owner in some release",
	Fix:   "check which is right, or leave it out",
	Entry: func(v *verifier, m *member) string { return v.systemDir(m, false) },
}, {
	Name:  "package-owner",
	Level: finding.Warning,
	Why:   "the files belong to somebody else on another system",
	Fix:   "chown -R root:root before makepkg, or make the user in doinst.sh",
	Entry: func(_ *verifier, m *member) string {
		foreign := func(id int, name string) bool { return id >= 1000 && id != 65534 && name != "root" }
		if !foreign(m.UID, m.User) && !foreign(m.GID, m.Group) {
			return ""
		}
		return fmt.Sprintf("belongs to %s (%d:%d), no account of Slackware's", m.owner(), m.UID, m.GID)
	},
}, {
	Name:  "package-writable",
	Level: finding.Warning,
	Why:   "any user can change it, or what is in it",
	Fix:   "chmod go-w",
	Entry: func(_ *verifier, m *member) string {
		p := perm(m.Mode)
		everybody := p&0o002 != 0 || p&0o020 != 0 && (m.Group == "users" || m.Group == "" && m.GID == 100)
		switch {
		case m.symlink() || m.HardLink != "" || m.device() || !everybody:
			return ""
		case m.Mode.IsDir() && p&0o1000 == 0:
			return fmt.Sprintf("is a directory in which anybody may delete (mode %o)", p)
		case m.Mode.IsRegular():
			return fmt.Sprintf("can be written by anybody (mode %o)", p)
		}
		return ""
	},
}, {
	Name:  "package-setuid",
	Level: finding.Note,
	Why:   "it runs with the rights of its owner, whoever starts it",
	Fix:   "check that the program needs it",
	Entry: func(_ *verifier, m *member) string {
		if p := perm(m.Mode); m.file() && p&0o6000 != 0 {
			return fmt.Sprintf("is setuid or setgid: %s mode %o", m.owner(), p)
		}
		return ""
	},
}, {
	Name:  "package-capability",
	Level: finding.Note,
	Why:   "it runs with rights that its user does not have",
	Fix:   "check that the program needs it",
	Entry: func(_ *verifier, m *member) string {
		if has := m.Capabilities(); has != "" {
			return "has file capabilities: " + shorten(has)
		}
		return ""
	},
}, {
	Name:  "package-acl",
	Level: finding.Note,
	Why:   "others than its mode shows can use it",
	Fix:   "check that it is meant, or setfacl -b",
	Entry: func(_ *verifier, m *member) string {
		access, inherited := m.ACLs()
		switch {
		case access+inherited == "":
			return ""
		case access == "":
			return "has an access control list for what is made in it: " + shorten(inherited)
		case inherited == "":
			return "has an access control list: " + shorten(access)
		}
		return "has access control lists: " + shorten(access) + ", and for what is made in it " + shorten(inherited)
	},
}, {
	Name:  "package-dir-mode",
	Level: finding.Warning,
	Why:   "what is in it cannot be reached",
	Fix:   "chmod 755",
	Entry: func(_ *verifier, m *member) string {
		if m.Mode.IsDir() && m.Mode.Perm()&0o500 != 0o500 {
			return fmt.Sprintf("is a directory that its owner cannot use (mode %o)", perm(m.Mode))
		}
		return ""
	},
}, {
	Name:  "package-device",
	Level: finding.Warning,
	Why:   "udev makes devices, and an archive has them only if root packed it",
	Fix:   "remove it",
	Entry: func(_ *verifier, m *member) string {
		if m.device() || m.Mode&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
			return "is a " + m.Kind()
		}
		return ""
	},
}}

// owner names who a member belongs to, by numbers where it has no names.
func (e *Entry) owner() string { return orID(e.User, e.UID) + ":" + orID(e.Group, e.GID) }

// systemDir tells how a directory of the system would be changed; firm ones are
// the same in all releases.
func (v *verifier) systemDir(m *member, firm bool) string {
	if !m.Mode.IsDir() {
		return ""
	}
	d, ok := SystemDirectory(m.Path)
	if !ok || d.Firm != firm || d.OwnedBy(v.name.Name) {
		return ""
	}
	if differs := d.Differs(m.Entry); differs != "" {
		return "would change /" + strings.TrimPrefix(m.Path, ".") + ": " + differs
	}
	return ""
}

func orID(name string, id int) string {
	if name == "" {
		return fmt.Sprint(id)
	}
	return name
}
