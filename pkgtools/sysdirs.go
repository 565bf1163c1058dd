// SPDX-License-Identifier: MIT

package pkgtools

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// SystemDir is a directory that belongs to Slackware rather than to one package:
// many packages put files below it, and none of them but Packages may decide
// what mode and owner it has.
type SystemDir struct {
	Path string // below the root, without slashes at its ends; "." is the root
	// Mode is the permission bits, with fs.ModeSticky and fs.ModeSetgid.
	Mode fs.FileMode
	// User and Group are names of accounts, as in Slackware's own passwd and group.
	User, Group string
	// Packages are the base names of the packages of Slackware that bring the
	// directory and may change it. The first is the usual one.
	Packages []string
	// Firm is set where every release has had this mode and owner. What is not
	// firm differs between releases, or was not seen in a package of Slackware.
	Firm bool
}

// systemDirs are the directories that are not as the ones in plainSystemDirs,
// and the patterns that stand for many. The sources are the SlackBuilds and
// packages of Slackware 14.2, 15.0 and -current, and rc.S and rc.M, which give
// some of them their mode at each boot.
var systemDirs = []SystemDir{
	{Path: "root", Mode: 0o710, Firm: true},
	{Path: "tmp", Mode: 0o777 | fs.ModeSticky, Firm: true},
	{Path: "var/tmp", Mode: 0o777 | fs.ModeSticky, Firm: true},
	{Path: "tmp/.ICE-unix", Mode: 0o777 | fs.ModeSticky, Firm: true},
	{Path: "tmp/.X11-unix", Mode: 0o777 | fs.ModeSticky, Firm: true},
	{Path: "proc", Mode: 0o555},
	{Path: "sys", Mode: 0o555},
	{Path: "lost+found", Mode: 0o700, Firm: true},

	{Path: "etc/sudoers.d", Mode: 0o750, Packages: []string{"sudo"}},
	{Path: "etc/cups", Mode: 0o755, Packages: []string{"cups"}},
	{Path: "etc/cups/ssl", Mode: 0o700, Packages: []string{"cups"}},
	{Path: "etc/openldap", Mode: 0o755, User: "ldap", Group: "ldap", Packages: []string{"openldap", "openldap-client"}},
	{Path: "etc/openvpn/certs", Mode: 0o750, Group: "openvpn", Packages: []string{"openvpn"}},
	{Path: "etc/openvpn/keys", Mode: 0o750, Group: "openvpn", Packages: []string{"openvpn"}},

	{Path: "var/cache/cups", Mode: 0o770, Group: "lp", Packages: []string{"cups"}},
	{Path: "var/cache/icecream", Mode: 0o755, User: "icecc", Group: "icecc", Packages: []string{"icecream"}},
	{Path: "var/db/proftpd", Mode: 0o755, User: "proftpd", Group: "proftpd", Packages: []string{"proftpd"}},
	{Path: "var/empty", Mode: 0o755, Packages: []string{"openssh"}, Firm: true},
	{Path: "var/games/emacs", Mode: 0o755, Group: "games", Packages: []string{"emacs"}},
	{Path: "var/lib/colord", Mode: 0o755, User: "colord", Group: "colord", Packages: []string{"colord"}},
	{Path: "var/lib/dbus", Mode: 0o755, User: "messagebus", Group: "messagebus", Packages: []string{"dbus"}},
	{Path: "var/lib/mlocate", Mode: 0o750, Group: "slocate", Packages: []string{"mlocate", "plocate"}},
	{Path: "var/lib/mysql", Mode: 0o750, User: "mysql", Group: "mysql", Packages: []string{"mariadb", "mysql"}},
	{Path: "var/lib/nethack", Mode: 0o755, Group: "games", Packages: []string{"nethack", "bsd-games"}},
	{Path: "var/lib/nfs", Mode: 0o755, User: "rpc", Packages: []string{"nfs-utils"}},
	{Path: "var/lib/nfs/nfsdcltrack", Mode: 0o775, Group: "rpc", Packages: []string{"nfs-utils"}},
	{Path: "var/lib/ntp", Mode: 0o775, User: "ntp", Group: "ntp", Packages: []string{"ntp"}},
	{Path: "var/lib/openldap", Mode: 0o700, User: "ldap", Group: "ldap", Packages: []string{"openldap"}},
	{Path: "var/lib/php", Mode: 0o770, Group: "apache", Packages: []string{"php"}},
	{Path: "var/lib/pkgtools/setup/tmp", Mode: 0o700, Packages: []string{"pkgtools"}, Firm: true},
	{Path: "var/lib/postfix", Mode: 0o755, User: "postfix", Packages: []string{"postfix"}},
	{Path: "var/lib/samba/private", Mode: 0o700, Packages: []string{"samba"}, Firm: true},
	{Path: "var/lib/sddm", Mode: 0o755, User: "sddm", Group: "sddm", Packages: []string{"sddm", "sddm-qt5"}},
	{Path: "var/lib/slocate", Mode: 0o750, Group: "slocate", Packages: []string{"slocate"}},
	{Path: "var/lib/stunnel", Mode: 0o770 | fs.ModeSticky, Group: "nogroup", Packages: []string{"stunnel"}},
	{Path: "var/lock", Mode: 0o777 | fs.ModeSticky},
	{Path: "var/lock/sane", Mode: 0o775, Group: "scanner", Packages: []string{"sane"}},
	{Path: "var/log/icecream", Mode: 0o755, User: "icecc", Group: "icecc", Packages: []string{"icecream"}},
	{Path: "var/log/setup/tmp", Mode: 0o700, Packages: []string{"pkgtools"}},
	{Path: "var/named", Mode: 0o755, User: "named", Group: "named", Packages: []string{"bind"}},
	{Path: "var/named/caching-example", Mode: 0o755, User: "named", Group: "named", Packages: []string{"bind"}},
	{Path: "var/run/mysql", Mode: 0o755, User: "mysql", Group: "mysql", Packages: []string{"mariadb", "mysql"}},
	{Path: "var/run/rpcbind", Mode: 0o755, User: "rpc", Packages: []string{"rpcbind"}},
	{Path: "var/spool/atjobs", Mode: 0o770, User: "daemon", Group: "daemon", Packages: []string{"at"}, Firm: true},
	{Path: "var/spool/atspool", Mode: 0o770, User: "daemon", Group: "daemon", Packages: []string{"at"}, Firm: true},
	{Path: "var/spool/clientmqueue", Mode: 0o770, User: "smmsp", Group: "smmsp", Packages: []string{"sendmail"}},
	{Path: "var/spool/cron", Mode: 0o751, Packages: []string{"dcron", "cronie"}, Firm: true},
	{Path: "var/spool/cron/cronstamps", Mode: 0o750, Packages: []string{"dcron"}, Firm: true},
	{Path: "var/spool/cron/crontabs", Mode: 0o750, Packages: []string{"dcron"}, Firm: true},
	{Path: "var/spool/cups", Mode: 0o710, Group: "lp", Packages: []string{"cups"}},
	{Path: "var/spool/mail", Mode: 0o777 | fs.ModeSticky, Group: "mail"},
	{Path: "var/spool/postfix/maildrop", Mode: 0o730, User: "postfix", Group: "postdrop", Packages: []string{"postfix"}},
	{Path: "var/spool/postfix/pid", Mode: 0o755, Packages: []string{"postfix"}},
	{Path: "var/spool/postfix/public", Mode: 0o710, User: "postfix", Group: "postdrop", Packages: []string{"postfix"}},
	{Path: "var/spool/postfix/*", Mode: 0o700, User: "postfix", Packages: []string{"postfix"}},
	{Path: "var/spool/samba", Mode: 0o777 | fs.ModeSticky, Packages: []string{"samba"}, Firm: true},
	{Path: "var/spool/slrnpull", Mode: 0o755, User: "news", Group: "news", Packages: []string{"slrn"}},
	{Path: "var/spool/slrnpull/out.going", Mode: 0o777 | fs.ModeSticky | fs.ModeSetgid, User: "news", Group: "news", Packages: []string{"slrn"}},
	{Path: "var/state/ups", Mode: 0o770, User: "nut", Group: "nut", Packages: []string{"nut"}},

	{Path: "usr/man/*", Mode: 0o755, Firm: true},
	{Path: "usr/man/*/man?", Mode: 0o755, Firm: true},
	{Path: "usr/share/man/*", Mode: 0o755, Firm: true},
	{Path: "usr/share/man/*/man?", Mode: 0o755, Firm: true},
	{Path: "usr/share/locale/*", Mode: 0o755, Firm: true},
	{Path: "usr/share/locale/*/LC_MESSAGES", Mode: 0o755, Firm: true},
	{Path: "usr/share/icons/hicolor/*", Mode: 0o755, Firm: true},
	{Path: "usr/share/icons/hicolor/*/*", Mode: 0o755, Firm: true},
}

// plainSystemDirs are those with mode 755 that belong to root:root, in every
// release; what stands in a line has the line's first word before it.
const plainSystemDirs = `
.
bin boot dev home lib lib64 media mnt opt run sbin srv
etc . X11 X11/app-defaults X11/xinit X11/xorg.conf.d bash_completion.d ca-certificates cron.d cron.daily cron.hourly
etc cron.monthly cron.weekly dbus-1 dbus-1/session.d dbus-1/system.d default fonts fonts/conf.avail fonts/conf.d httpd
etc httpd/extra kde ld.so.conf.d logrotate.d modprobe.d openvpn pam.d pkcs11 pki ppp profile.d rc.d rc.d/init.d
etc rc.d/rc0.d rc.d/rc1.d rc.d/rc2.d rc.d/rc3.d rc.d/rc4.d rc.d/rc5.d rc.d/rc6.d security skel ssl ssl/certs ssh
etc sysctl.d udev udev/rules.d xdg xdg/autostart xdg/menus
lib elogind firmware modprobe.d modules security udev udev/hwdb.d udev/rules.d
lib64 security
srv httpd www
usr . X11R6 X11R6/bin X11R6/lib bin doc games include include/X11 info lib lib/pkgconfig lib64 lib64/cmake lib64/perl5
usr lib64/pkgconfig lib64/qt5 lib64/qt6 lib64/xorg lib64/xorg/modules lib/cmake lib/perl5 lib/xorg libexec man sbin
usr share src
usr/local . bin doc etc games include info lib lib64 man sbin share src
usr/share aclocal appdata applications bash-completion bash-completion/completions dbus-1 dbus-1/interfaces
usr/share dbus-1/services dbus-1/system-services dbus-1/system.d desktop-directories dict doc emacs
usr/share emacs/site-lisp fish fish/vendor_completions.d fontconfig fonts fonts/OTF fonts/TTF fonts/Type1
usr/share fonts/misc gir-1.0 glib-2.0 glib-2.0/schemas gtk-doc gtk-doc/html help icons icons/hicolor info locale man
usr/share metainfo mime mime/packages misc pixmaps pkgconfig polkit-1 polkit-1/actions polkit-1/rules.d sounds
usr/share terminfo themes vala vala/vapi vim wayland-sessions xml xsessions zsh zsh/site-functions
var . adm cache cache/fontconfig cache/man db empty games lib lib/pkgtools lib/pkgtools/packages
var lib/pkgtools/scripts lib/pkgtools/setup lib/pkgtools/douninst.sh log log/httpd log/packages log/pkgtools
var log/pkgtools/removed_packages log/pkgtools/removed_scripts log/removed_packages log/removed_scripts log/scripts
var log/setup mail man run spool state www www/htdocs yp
`

// systemDirOf has the rows by their paths; systemDirPatterns those that are patterns.
var systemDirOf, systemDirPatterns = func() (of map[string]SystemDir, patterns []SystemDir) {
	of = map[string]SystemDir{}
	add := func(d SystemDir) {
		if d.User == "" {
			d.User = "root"
		}
		if d.Group == "" {
			d.Group = "root"
		}
		if !slices.Contains(d.Packages, baseSystem) {
			d.Packages = append(slices.Clip(d.Packages), baseSystem)
		}
		if strings.ContainsAny(d.Path, "*?") {
			patterns = append(patterns, d)
		} else if _, there := of[d.Path]; !there {
			of[d.Path] = d
		}
	}
	for _, d := range systemDirs {
		add(d)
	}
	for line := range strings.Lines(plainSystemDirs) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		above := ""
		if words[0] != "." && words[0] != "bin" {
			above, words = words[0], words[1:]
		}
		for _, word := range words {
			add(SystemDir{Path: path.Join(above, word), Mode: 0o755, Firm: true})
		}
	}
	return of, patterns
}()

// baseSystem is the package of Slackware that makes the tree of directories.
const baseSystem = "aaa_base"

// SystemDirectory looks up the directory p of a package, as in [Entry.Path]:
// whether it is one of Slackware's own, and how it is there.
func SystemDirectory(p string) (d SystemDir, ok bool) {
	if d, ok = systemDirOf[p]; ok {
		return d, true
	}
	for _, d := range systemDirPatterns {
		if match, err := path.Match(d.Path, p); match && err == nil {
			d.Path = p
			return d, true
		}
	}
	return SystemDir{}, false
}

// OwnedBy reports whether the package with that base name may decide about the
// directory.
func (d SystemDir) OwnedBy(base string) bool { return slices.Contains(d.Packages, base) }

// Differs tells in what an entry of a package for the directory is not as the
// directory is on Slackware: "mode 777, not 755", for example. It is empty where
// it is the same.
func (d SystemDir) Differs(e *Entry) string {
	var ways []string
	if perm(e.Mode) != perm(d.Mode) {
		ways = append(ways, fmt.Sprintf("mode %o, not %o", perm(e.Mode), perm(d.Mode)))
	}
	if !isAccount(e.User, e.UID, d.User) || !isAccount(e.Group, e.GID, d.Group) {
		ways = append(ways, fmt.Sprintf("owner %s:%s, not %s:%s", orID(e.User, e.UID), orID(e.Group, e.GID), d.User, d.Group))
	}
	return strings.Join(ways, ", ")
}

// isAccount compares the owner of an entry, a name or only a number, with the
// name of an account. A number that is not root's cannot be compared.
func isAccount(name string, id int, account string) bool {
	switch {
	case name != "":
		return name == account
	case account == "root":
		return id == 0
	}
	return id != 0
}
