// SPDX-License-Identifier: MIT

package pkgtools

import (
	"io/fs"
	"path"
	"strings"
	"testing"
)

func TestSystemDirectory(t *testing.T) {
	for p, want := range map[string]string{
		".":                                     "drwxr-xr-x root:root",
		"usr":                                   "drwxr-xr-x root:root",
		"etc":                                   "drwxr-xr-x root:root",
		"root":                                  "drwx--x--- root:root",
		"tmp":                                   "dtrwxrwxrwx root:root",
		"var/spool/cron/crontabs":               "drwxr-x--- root:root",
		"var/spool/atjobs":                      "drwxrwx--- daemon:daemon",
		"usr/share/locale/de":                   "drwxr-xr-x root:root",
		"usr/share/locale/pt_BR/LC_MESSAGES":    "drwxr-xr-x root:root",
		"usr/man/man8":                          "drwxr-xr-x root:root",
		"usr/man/fr/man8":                       "drwxr-xr-x root:root",
		"usr/share/icons/hicolor/48x48/apps":    "drwxr-xr-x root:root",
		"var/spool/postfix/active":              "drwx------ postfix:root",
		"var/spool/postfix/pid":                 "drwxr-xr-x root:root",
		"var/www/htdocs":                        "drwxr-xr-x root:root",
		"etc/cron.daily":                        "drwxr-xr-x root:root",
		"usr/local/bin":                         "drwxr-xr-x root:root",
		"usr/share/fish/vendor_completions.d":   "drwxr-xr-x root:root",
		"usr/doc/app-1.0":                       "",
		"opt/app":                               "",
		"usr/share/locale/de/LC_MESSAGES/other": "",
		"":                                      "",
	} {
		got := ""
		if d, ok := SystemDirectory(p); ok {
			got = (d.Mode | fs.ModeDir).String() + " " + d.User + ":" + d.Group
			if d.Path != p {
				t.Errorf("%q: the row is of %q", p, d.Path)
			}
			if !d.OwnedBy("aaa_base") || d.OwnedBy("app") {
				t.Errorf("%q: owned by %q", p, d.Packages)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", p, got, want)
		}
	}
	if d, _ := SystemDirectory("var/lib/mysql"); !d.OwnedBy("mariadb") || d.OwnedBy("mysql2") {
		t.Errorf("var/lib/mysql: owned by %q", d.Packages)
	}
}

// TestSystemDirTable checks the form of the rows.
func TestSystemDirTable(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range systemDirs {
		if seen[d.Path] {
			t.Errorf("%q has two rows", d.Path)
		}
		seen[d.Path] = true
		if err := checkPath(d.Path); err != nil || path.Clean(d.Path) != d.Path {
			t.Errorf("%q: no path of a package: %v", d.Path, err)
		}
		if d.Mode&^(fs.ModePerm|fs.ModeSticky|fs.ModeSetgid) != 0 {
			t.Errorf("%q: mode %v", d.Path, d.Mode)
		}
	}
	for p := range systemDirOf {
		if above := path.Dir(p); above != "." && strings.HasPrefix(p, "usr/") {
			if _, ok := SystemDirectory(above); !ok {
				t.Errorf("%q is the system's, but %q is not", p, above)
			}
		}
	}
}

func TestSystemDirDiffers(t *testing.T) {
	for _, test := range []struct {
		e    Entry
		want string
	}{
		{Entry{Path: "usr", Mode: fs.ModeDir | 0o755, User: "root", Group: "root"}, ""},
		{Entry{Path: "usr", Mode: fs.ModeDir | 0o755}, ""},
		{Entry{Path: "usr", Mode: fs.ModeDir | 0o777}, "mode 777, not 755"},
		{Entry{Path: "tmp", Mode: fs.ModeDir | 0o755}, "mode 755, not 1777"},
		{Entry{Path: "etc", Mode: fs.ModeDir | 0o755, UID: 2, User: "daemon"}, "owner daemon:0, not root:root"},
		{Entry{Path: "etc", Mode: fs.ModeDir | 0o700, UID: 1000, GID: 100}, "mode 700, not 755, owner 1000:100, not root:root"},
		{Entry{Path: "etc", Mode: fs.ModeDir | 0o755, User: "root", Group: "wheel"}, "owner root:wheel, not root:root"},
		{Entry{Path: "var/spool/atjobs", Mode: fs.ModeDir | 0o770, UID: 2, GID: 2}, ""},
		{Entry{Path: "var/spool/atjobs", Mode: fs.ModeDir | 0o770}, "owner 0:0, not daemon:daemon"},
	} {
		d, ok := SystemDirectory(test.e.Path)
		if got := d.Differs(&test.e); !ok || got != test.want {
			t.Errorf("%+v: %q, want %q", test.e, got, test.want)
		}
	}
}

// makepkg warns of the directories that a package would change, whoever it is of;
// not of those that a package of Slackware decides about.
func TestSystemDirWarnings(t *testing.T) {
	private := dir("var/spool/atjobs")
	private.Mode = fs.ModeDir | 0o700
	_, warnings, err := plan([]Entry{
		dir("."), {Path: "etc", Mode: fs.ModeDir | 0o755, UID: 1000, GID: 100}, {Path: "tmp", Mode: fs.ModeDir | 0o755},
		dir("usr"), dir("var"), dir("var/spool"), private, {Path: "opt", Mode: fs.ModeDir | 0o755}, {Path: "opt/x", Mode: fs.ModeDir | 0o700},
	}, WriteOptions{})
	want := `"etc" is a directory of Slackware's, which installpkg would change: owner 1000:100, not root:root
"tmp" is a directory of Slackware's, which installpkg would change: mode 755, not 1777`
	if got := strings.Join(warnings, "\n"); got != want || err != nil {
		t.Errorf("got\n%s\nwant\n%s\n%v", got, want, err)
	}
}
