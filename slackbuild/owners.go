// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Users and groups of Slackware's own passwd and group (package etc of 14.2,
// 15.0 and -current), which have the same numbers on every system. An archive
// may name them. Any other account may have another number on the target, or be
// made by the package's preinstall script only: doinst.sh gives files to it.
var (
	systemUsers = accounts("root=0 bin=1 daemon=2 adm=3 lp=4 mail=8 news=9 uucp=10 operator=11 games=12 ftp=14 " +
		"smmsp=25 mysql=27 rpc=32 sshd=33 gdm=42 ntp=44 apache=80 messagebus=81 pop=90 nobody=99")
	systemGroups = accounts("root=0 bin=1 daemon=2 sys=3 adm=4 tty=5 disk=6 lp=7 mem=8 kmem=9 wheel=10 floppy=11 mail=12 " +
		"news=13 uucp=14 man=15 dialout=16 audio=17 video=18 cdrom=19 games=20 slocate=21 utmp=22 smmsp=25 tape=26 " +
		"mysql=27 rpc=32 sshd=33 gdm=42 shadow=43 ntp=44 ftp=50 apache=80 messagebus=81 plugdev=83 power=84 netdev=86 " +
		"pop=90 scanner=93 nobody=98 nogroup=99 users=100 console=101")
)

func accounts(list string) map[string]int {
	all := map[string]int{}
	for _, word := range strings.Fields(list) {
		name, number, _ := strings.Cut(word, "=")
		id, err := strconv.Atoi(number)
		if err != nil {
			panic(err) // the table above is wrong, and every test says so
		}
		all[name] = id
	}
	return all
}

// ownerRE is what may stand for a user or group: a name as useradd takes it, or
// a number.
var ownerRE = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.-]{0,31}\$?|[0-9]{1,9})$`)

func orRoot(name string) string {
	if name == "" || name == "0" {
		return "root"
	}
	return name
}

// ofSystem reports whether the archive can name the item's owner and group.
func (i *item) ofSystem() bool {
	_, user := systemUsers[orRoot(i.owner)]
	_, group := systemGroups[orRoot(i.group)]
	return user && group
}

// inArchive is the owner and mode that the archive has for the item: root's,
// and never setuid or setgid, where doinst.sh gives it to its owner.
func (i *item) inArchive() (owner, group string, mode fs.FileMode) {
	if i.ofSystem() {
		return orRoot(i.owner), orRoot(i.group), i.mode
	}
	return "root", "root", i.mode &^ 0o6000
}

// giveFunction gives files to accounts that Slackware itself does not have. The
// names are looked up in the target system.
const giveFunction = `# Gives the files that are listed on the standard input, with a | before each, to
# their owner, in the target system: give OWNER:GROUP [MODE].
give() {
  given_files=$(sed 's/^|/.\//')
  if printf '%s\n' "$given_files" | tr '\n' '\0' | xargs -0 chroot . chown -h "$1"; then
    if [ -n "$2" ]; then
      printf '%s\n' "$given_files" | tr '\n' '\0' | xargs -0 chroot . chmod "$2"
    fi
  else
    echo "WARNING: files of PACKAGE stay root's and not $1's." >&2
  fi
}
`

// giveText is the part of doinst.sh that gives the items to their owners, where
// the archive cannot say who that is.
func (m *Manifest) giveText(items []item) string {
	lists := map[string][]string{}
	for _, i := range items {
		if i.link != "" || i.ofSystem() {
			continue
		}
		key := orRoot(i.owner) + ":" + orRoot(i.group)
		if i.mode&0o6000 != 0 { // chown clears these bits
			key += fmt.Sprintf(" %#o", i.mode)
		}
		lists[key] = append(lists[key], i.path())
	}
	if len(lists) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(giveFunction, "PACKAGE", m.Name) + "\n")
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		owner, mode, _ := strings.Cut(key, " ")
		fmt.Fprintf(&b, "give %s %s << 'EOF'\n", quotePOSIX(owner), quotePOSIX(mode))
		for _, p := range slices.Compact(slices.Sorted(slices.Values(lists[key]))) {
			b.WriteString("|" + p + "\n")
		}
		b.WriteString("EOF\n")
	}
	return b.String()
}
