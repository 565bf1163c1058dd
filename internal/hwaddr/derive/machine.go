// SPDX-License-Identifier: MIT

package derive

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// Trait is something that tells this machine from others.
type Trait struct {
	Kind  string // "product UUID", "board serial", "NIC"
	Value string
}

// Machine reads the traits of this machine. There are none in a container, and
// on some boards.
func Machine() []Trait {
	links, _ := source.Links() // none is fewer traits, as on a machine without
	return traits("/", links)
}

func traits(root string, links []source.Link) []Trait {
	var list []Trait
	for _, dmi := range []struct{ kind, file string }{{"product UUID", "product_uuid"}, {"board serial", "board_serial"}, {"chassis serial", "chassis_serial"}} {
		text, err := os.ReadFile(filepath.Join(root, "sys/class/dmi/id", dmi.file))
		if value := strings.ToLower(strings.TrimSpace(string(text))); err == nil && !placeholder(value) {
			list = append(list, Trait{dmi.kind, value})
		}
	}
	// Boards without DMI have a serial number in the device tree.
	text, err := os.ReadFile(filepath.Join(root, "proc/device-tree/serial-number"))
	if value := strings.ToLower(strings.Trim(string(text), "\x00 \n")); err == nil && !placeholder(value) {
		list = append(list, Trait{"board serial", value})
	}
	for _, l := range links {
		if l.Permanent.Unusable() == "" {
			list = append(list, Trait{"NIC", l.Permanent.String()})
		}
	}
	return list
}

// placeholder reports whether firmware that was never filled in says this, or
// says it of every board of a kind.
func placeholder(value string) bool {
	plain := strings.NewReplacer("-", "", " ", "", ".", "", ":", "", "_", "").Replace(value)
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
