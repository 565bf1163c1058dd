// SPDX-License-Identifier: MIT

package pkgtools

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// capabilityNames are the capabilities by their numbers
// (include/uapi/linux/capability.h of Linux 6.12).
var capabilityNames = strings.Fields(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap
	linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot
	sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write
	audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf
	checkpoint_restore`)

const (
	capabilityXattr = paxXattr + "security.capability"
	aclAccess       = paxACL + "access"
	aclDefault      = paxACL + "default"
)

// Capabilities are those that the kernel gives a program started from e, as
// cap_to_text(3) writes them: "cap_net_admin,cap_net_raw+ep". Empty: none.
func (e *Entry) Capabilities() string {
	value, ok := e.Xattrs[capabilityXattr]
	if !ok {
		return ""
	}
	text, ok := capabilityText([]byte(value))
	if !ok {
		return fmt.Sprintf("of an unknown form (%d bytes)", len(value))
	}
	return text
}

// capabilityText reads a struct vfs_cap_data: the revision and a flag, then sets
// of permitted and inheritable capabilities, in words of 32 bits, and in
// revision 3 the root user of the namespace that it is for.
func capabilityText(data []byte) (string, bool) {
	if len(data) < 4 {
		return "", false
	}
	magic := binary.LittleEndian.Uint32(data)
	words, size := 2, 20
	switch magic >> 24 {
	case 1:
		words, size = 1, 12
	case 2:
	case 3:
		size = 24
	default:
		return "", false
	}
	if len(data) != size {
		return "", false
	}
	effective := magic&1 != 0
	byFlags := map[string][]string{}
	for n := range 32 * words {
		at, bit := 4+n/32*8, uint32(1)<<(n%32)
		flags := ""
		permitted, inheritable := binary.LittleEndian.Uint32(data[at:])&bit != 0, binary.LittleEndian.Uint32(data[at+4:])&bit != 0
		if effective && (permitted || inheritable) {
			flags += "e"
		}
		if inheritable {
			flags += "i"
		}
		if permitted {
			flags += "p"
		}
		if flags == "" {
			continue
		}
		name := fmt.Sprint(n)
		if n < len(capabilityNames) {
			name = "cap_" + capabilityNames[n]
		}
		byFlags[flags] = append(byFlags[flags], name)
	}
	var all []string
	for _, flags := range slices.Sorted(maps.Keys(byFlags)) {
		all = append(all, strings.Join(byFlags[flags], ",")+"+"+flags)
	}
	text := strings.Join(all, " ")
	if text == "" {
		text = "none" // an empty set takes away what the user has
	}
	if size == 24 {
		text += fmt.Sprintf(" [rootid=%d]", binary.LittleEndian.Uint32(data[20:]))
	}
	return text, true
}

// ACLs are the access control lists of e, as getfacl(1) writes them, with commas
// between the entries; the second one is a directory's for what is made in it.
func (e *Entry) ACLs() (access, inherited string) {
	text := func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == ',' }), ",")
	}
	return text(e.Xattrs[aclAccess]), text(e.Xattrs[aclDefault])
}

// OtherXattrs are the names of the extended attributes of e that are neither
// capabilities nor access control lists, sorted.
func (e *Entry) OtherXattrs() []string {
	var names []string
	for record := range e.Xattrs {
		if name, ok := strings.CutPrefix(record, paxXattr); ok && record != capabilityXattr {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
