// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// owners finds the ids of the owners of files.
type owners struct {
	users, groups accounts
}

// accounts are the users or the groups of a system.
type accounts struct {
	kind string         // "user" or "group"
	ids  map[string]int // from passwd or group; nil: lookup is asked
	// lookup asks the running system, which may know them from elsewhere.
	lookup  func(name string) (id string, err error)
	known   map[string]int
	unknown map[missingAccount]int // names that are not there, with the number of files
}

// missingAccount is an account that a package names and that the system has not.
type missingAccount struct {
	name string
	id   int // what files get
}

// hostOwners are those of the running system, as tar has them.
func hostOwners() *owners {
	return &owners{
		users: accounts{kind: "user", known: map[string]int{}, unknown: map[missingAccount]int{}, lookup: func(name string) (string, error) {
			u, err := user.Lookup(name)
			if err != nil {
				return "", err
			}
			return u.Uid, nil
		}},
		groups: accounts{kind: "group", known: map[string]int{}, unknown: map[missingAccount]int{}, lookup: func(name string) (string, error) {
			g, err := user.LookupGroup(name)
			if err != nil {
				return "", err
			}
			return g.Gid, nil
		}},
	}
}

// ownersIn are those of the system in a root directory, where that has files of
// accounts; otherwise those of the running system.
func ownersIn(t *tree) (*owners, error) {
	o := hostOwners()
	var err error
	if o.users.ids, err = readAccounts(t, "etc/passwd"); err == nil {
		o.groups.ids, err = readAccounts(t, "etc/group")
	}
	return o, err
}

// maxAccounts bounds what is read of a file of accounts.
const maxAccounts = 64 << 20

// readAccounts reads the ids from passwd(5) or group(5): both have the name
// first and the number third. Without the file it gives nil.
func readAccounts(t *tree, p string) (map[string]int, error) {
	place, err := t.dir(p, 0) // following links, as any program there would
	if err != nil {
		return nil, ignoreNotExist(err)
	}
	info, err := t.root.Lstat(place)
	if err != nil || !info.Mode().IsRegular() {
		return nil, ignoreNotExist(err)
	}
	f, err := t.root.Open(place)
	if err != nil {
		return nil, ignoreNotExist(err)
	}
	defer f.Close()
	ids := map[string]int{}
	lines := bufio.NewScanner(io.LimitReader(f, maxAccounts))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), ":", 4)
		if len(fields) < 3 {
			continue
		}
		id, err := strconv.ParseUint(fields[2], 10, 32)
		if _, there := ids[fields[0]]; err == nil && !there {
			ids[fields[0]] = int(id)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%q: %w", p, err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return ids, nil
}

// of gives the ids of the owner of e: by name where the system has the account,
// as tar does it, otherwise by number. The mode is that of e, but never setuid
// or setgid for root in place of an account that is not there.
func (o *owners) of(e *Entry) (uid, gid int, mode fs.FileMode) {
	mode = e.Mode
	uid, known := o.users.id(e.User, e.UID)
	if !known && uid == 0 {
		mode &^= fs.ModeSetuid
	}
	gid, known = o.groups.id(e.Group, e.GID)
	if !known && gid == 0 && !e.Mode.IsDir() {
		mode &^= fs.ModeSetgid
	}
	return uid, gid, mode
}

// missing tells of each account that was asked for and is not there.
func (o *owners) missing() []string {
	var texts []string
	for _, a := range []*accounts{&o.users, &o.groups} {
		for _, m := range slices.SortedFunc(maps.Keys(a.unknown), func(x, y missingAccount) int {
			return cmp.Or(strings.Compare(x.name, y.name), x.id-y.id)
		}) {
			files := "a file of the package belongs"
			if n := a.unknown[m]; n > 1 {
				files = fmt.Sprintf("%d files of the package belong", n)
			}
			text := fmt.Sprintf("there is no %s %q, to whom %s: the number %d is used", a.kind, m.name, files, m.id)
			if m.id == 0 {
				text += fmt.Sprintf(", and never set%cid", a.kind[0])
			}
			texts = append(texts, text)
		}
	}
	return texts
}

// id is the number of an account; where the name is not known, or empty, the
// one that the package has.
func (a *accounts) id(name string, number int) (id int, known bool) {
	if name == "" || name == "root" && number == 0 {
		return number, true
	}
	id, known = a.known[name]
	if !known {
		if id, known = a.ask(name); known {
			a.known[name] = id
		}
	}
	if !known {
		a.unknown[missingAccount{name, number}]++
		return number, false
	}
	return id, true
}

func (a *accounts) ask(name string) (id int, known bool) {
	if a.ids != nil {
		id, known = a.ids[name]
		return id, known
	}
	s, err := a.lookup(name)
	if err != nil {
		return 0, false
	}
	id, err = strconv.Atoi(s)
	return id, err == nil
}

// reason is what the kernel said, without the names that were used.
func reason(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
