// SPDX-License-Identifier: MIT

package pkgtools

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// listXattrs gives the names of the extended attributes of a file; none where
// the file system has no such thing.
func listXattrs(name string) ([]string, error) {
	size, err := unix.Llistxattr(name, nil)
	if errors.Is(err, unix.ENOTSUP) || err == nil && size == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	buf := make([]byte, size)
	if size, err = unix.Llistxattr(name, buf); err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(buf[:size]), func(r rune) bool { return r == 0 }), nil
}

func getXattr(name, attr string) ([]byte, error) {
	size, err := unix.Lgetxattr(name, attr, nil)
	if err != nil || size == 0 {
		return nil, err
	}
	buf := make([]byte, size)
	size, err = unix.Lgetxattr(name, attr, buf)
	return buf[:max(size, 0)], err
}

// The binary form of a POSIX ACL: a version, then entries of tag, permissions
// and id (include/uapi/linux/posix_acl_xattr.h, posix_acl.h).
const (
	aclVersion  = 2
	aclUserObj  = 0x01
	aclUser     = 0x02
	aclGroupObj = 0x04
	aclGroup    = 0x08
	aclMask     = 0x10
	aclOther    = 0x20
	aclNoID     = 0xffffffff
)

var aclTags = map[uint16]string{
	aclUserObj: "user", aclUser: "user", aclGroupObj: "group", aclGroup: "group", aclMask: "mask", aclOther: "other",
}

// readACL gives an access control list as the text that GNU tar stores: one
// entry a line, as in "user:alice:rw-".
func readACL(name, attr string) (string, error) {
	data, err := getXattr(name, attr)
	if err != nil {
		return "", &fs.PathError{Op: "read the access control list of", Path: name, Err: err}
	}
	if len(data) < 4 || binary.LittleEndian.Uint32(data) != aclVersion || len(data)%8 != 4 {
		return "", fmt.Errorf("%q: its access control list is in an unknown form", name)
	}
	var b strings.Builder
	for data = data[4:]; len(data) > 0; data = data[8:] {
		tag, bits, id := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:]), binary.LittleEndian.Uint32(data[4:])
		word, ok := aclTags[tag]
		if !ok {
			return "", fmt.Errorf("%q: its access control list has the unknown tag %#x", name, tag)
		}
		who := ""
		if tag == aclUser || tag == aclGroup {
			who = strconv.FormatUint(uint64(id), 10)
		}
		rwx := []byte("---")
		for i, c := range []byte("rwx") {
			if bits&(4>>i) != 0 {
				rwx[i] = c
			}
		}
		fmt.Fprintf(&b, "%s:%s:%s\n", word, who, rwx)
	}
	return b.String(), nil
}

// parseACL is the opposite of readACL. It takes account names as well, which
// GNU tar writes, and looks them up.
func parseACL(text string) ([]byte, error) {
	data := binary.LittleEndian.AppendUint32(nil, aclVersion)
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ',' }) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 1 && f[0] == "" {
			continue
		}
		if len(f) < 3 { // GNU tar can leave out the field of mask and other
			return nil, fmt.Errorf("access control list: %q has not three fields", line)
		}
		tag, id, err := aclTagID(f[0], f[1])
		if err != nil {
			return nil, err
		}
		var bits uint16
		for _, c := range f[2] {
			switch c {
			case 'r':
				bits |= 4
			case 'w':
				bits |= 2
			case 'x':
				bits |= 1
			case '-':
			default:
				return nil, fmt.Errorf("access control list: unknown permission %q", c)
			}
		}
		data = binary.LittleEndian.AppendUint16(data, tag)
		data = binary.LittleEndian.AppendUint16(data, bits)
		data = binary.LittleEndian.AppendUint32(data, id)
	}
	return data, nil
}

func aclTagID(word, who string) (tag uint16, id uint32, err error) {
	var lookup func(string) (string, error)
	switch {
	case (word == "user" || word == "u") && who == "":
		return aclUserObj, aclNoID, nil
	case (word == "group" || word == "g") && who == "":
		return aclGroupObj, aclNoID, nil
	case word == "mask" || word == "m":
		return aclMask, aclNoID, nil
	case word == "other" || word == "o":
		return aclOther, aclNoID, nil
	case word == "user" || word == "u":
		tag, lookup = aclUser, func(s string) (string, error) {
			u, err := user.Lookup(s)
			if err != nil {
				return "", err
			}
			return u.Uid, nil
		}
	case word == "group" || word == "g":
		tag, lookup = aclGroup, func(s string) (string, error) {
			g, err := user.LookupGroup(s)
			if err != nil {
				return "", err
			}
			return g.Gid, nil
		}
	default:
		return 0, 0, fmt.Errorf("access control list: unknown word %q", word)
	}
	n, err := strconv.ParseUint(who, 10, 32)
	if err != nil {
		if who, err = lookup(who); err != nil {
			return 0, 0, fmt.Errorf("access control list: %w", err)
		}
		if n, err = strconv.ParseUint(who, 10, 32); err != nil {
			return 0, 0, err
		}
	}
	return tag, uint32(n), nil
}

// setXattrs gives the open file what the pax records of a package say. Where
// that cannot be, since the file system does not have such attributes or only
// root may set them, lost is told; nil makes it an error.
func setXattrs(f *os.File, records map[string]string, lost func(attr string, err error)) error {
	for record, value := range records {
		attr, ok := strings.CutPrefix(record, paxXattr)
		data := []byte(value)
		if !ok {
			for kernel, r := range aclRecords {
				if r == record {
					attr, ok = kernel, true
				}
			}
			if !ok {
				continue
			}
			var err error
			if data, err = parseACL(value); err != nil {
				return fmt.Errorf("%q: %w", f.Name(), err)
			}
		}
		err := unix.Fsetxattr(int(f.Fd()), attr, data, 0)
		switch {
		case err == nil:
		case lost != nil && (errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EPERM)):
			lost(attr, err)
		default:
			return &fs.PathError{Op: "set the extended attribute " + attr + " of", Path: f.Name(), Err: err}
		}
	}
	return nil
}

// xattrNamespaces are those that Linux has (xattr(7)).
var xattrNamespaces = []string{"user.", "trusted.", "security.", "system."}

// onLinux reports whether an extended attribute of that name can be had.
func onLinux(attr string) bool {
	return slices.ContainsFunc(xattrNamespaces, func(n string) bool { return strings.HasPrefix(attr, n) })
}
