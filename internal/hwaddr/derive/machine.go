// SPDX-License-Identifier: MIT

package derive

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// Trait is something that tells this machine from others.
type Trait struct {
	Kind  string // "product UUID", "board serial", "NIC"
	Value string
}

// dmi are the files below /sys/class/dmi/id that count. The serial number of the
// chassis is not among them: all machines of a blade enclosure read the same one.
var dmi = []struct{ kind, file string }{
	{"product UUID", "product_uuid"},
	{"board serial", "board_serial"},
}

// Machine reads the traits of this machine: the product UUID and the serial
// number of its board, and the permanent addresses of its NICs. In a container
// only the NICs count: firmware describes the host there, whose containers all
// see the same.
func Machine() []Trait {
	links, _ := source.Links() // none is fewer traits, as on a machine without
	return traits(os.DirFS("/"), links)
}

func traits(root fs.FS, links []source.Link) []Trait {
	var list []Trait
	if !inContainer(root) {
		list = firmware(root)
	}
	for _, l := range links {
		if l.Permanent.Unusable() == "" {
			list = append(list, Trait{"NIC", l.Permanent.String()})
		}
	}
	return list
}

func firmware(root fs.FS) []Trait {
	var list []Trait
	for _, d := range dmi {
		text, err := fs.ReadFile(root, "sys/class/dmi/id/"+d.file)
		if value := strings.ToLower(strings.TrimSpace(string(text))); err == nil && !placeholder(value) {
			list = append(list, Trait{d.kind, value})
		}
	}
	// Boards without DMI have a serial number in the device tree.
	text, err := fs.ReadFile(root, "proc/device-tree/serial-number")
	if value := strings.ToLower(strings.Trim(string(text), "\x00 \n")); err == nil && !placeholder(value) {
		list = append(list, Trait{"board serial", value})
	}
	return list
}

// firstNamespaces are what /proc/self/ns shows on a machine itself: the kernel
// gives its first PID and user namespace these numbers (linux/proc_ns.h, and
// include/uapi/linux/nsfs.h as of Linux 6.17).
var firstNamespaces = map[string]string{"pid": "pid:[4026531836]", "user": "user:[4026531837]"}

// containerMarks are files that container managers put into a container:
// systemd-nspawn and LXC (systemd's container interface), Docker, Podman.
var containerMarks = []string{"run/systemd/container", ".dockerenv", "run/.containerenv"}

// inContainer reports whether this is a container: a mark says so, the first
// process was started with the variable "container" (LXC, nspawn, Podman), or the
// PID or user namespace is not the machine's first.
func inContainer(root fs.FS) bool {
	for _, mark := range containerMarks {
		if _, err := fs.Stat(root, mark); err == nil {
			return true
		}
	}
	for name, first := range firstNamespaces {
		if here, err := fs.ReadLink(root, "proc/self/ns/"+name); err == nil && here != first {
			return true
		}
	}
	environment, err := fs.ReadFile(root, "proc/1/environ")
	return err == nil && strings.Contains("\x00"+string(environment), "\x00container=")
}

var separators = strings.NewReplacer("-", "", " ", "", ".", "", ":", "", "_", "")

// placeholder reports whether firmware that was never filled in says this, or
// says it of every board of a kind.
func placeholder(value string) bool {
	plain := separators.Replace(value)
	if len(plain) < 4 || strings.Trim(plain, plain[:1]) == "" {
		return true // empty, 0000-0000, ffff-ffff, xxxx
	}
	for _, p := range []string{
		"tobefilled", "default", "none", "notspecified", "notapplicable", "notavailable", "unknown", "systemserial", "chassisserial", "baseboardserial", "serialnumber", "oemserial", "invalid", "empty",
		"03000200040005000006000700080009", "0123456789", "123456789", "00020003000400050006000700080009", "fefefefefefefefefefefefefefefefe",
	} {
		if strings.Contains(plain, p) {
			return true
		}
	}
	return false
}

// fingerprint hides a trait: serial numbers are nobody else's business.
func (t Trait) fingerprint(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(t.Kind + "\x00" + t.Value))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
