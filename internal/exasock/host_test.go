// SPDX-License-Identifier: MIT

package exasock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
)

// A machine is a tree of files that looks like one: bond0 of the SmartNICs
// exa0 and exa1, with the driver loaded and nothing managed.
type machine struct {
	t    *testing.T
	root string
}

func newMachine(t *testing.T) *machine {
	m := &machine{t, t.TempDir()}
	m.put("proc/sys/kernel/osrelease", "6.1.0-50-cloud-amd64\n")
	m.put("sys/module/exasock/refcnt", "0\n")
	m.put("sys/class/net/exabond_masters", "")
	m.put("sys/class/net/bonding_masters", "bond0\n")
	m.bond("bond0", map[string]string{"slaves": "exa0 exa1\n", "active_slave": "exa0\n"})
	m.nic("exa0", "exanic", "64:3f:5f:00:00:00")
	m.nic("exa1", "exanic", "64:3f:5f:00:00:00")
	m.join("exa0", "bond0")
	m.join("exa1", "bond0")
	return m
}

func (m *machine) put(path, text string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) link(path, target string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	os.Remove(path)
	if err := os.Symlink(target, path); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) remove(path string) {
	m.t.Helper()
	if err := os.RemoveAll(filepath.Join(m.root, path)); err != nil {
		m.t.Fatal(err)
	}
}

// bond makes a bond with the options given, the rest as active-backup has them.
func (m *machine) bond(name string, options map[string]string) {
	all := map[string]string{
		"mode": "active-backup 1\n", "miimon": "100\n", "arp_interval": "0\n", "arp_ip_target": "\n",
		"slaves": "\n", "active_slave": "\n",
	}
	for option, value := range options {
		all[option] = value
	}
	for option, value := range all {
		m.put("sys/class/net/"+name+"/bonding/"+option, value)
	}
	m.put("sys/class/net/"+name+"/address", "64:3f:5f:00:00:00\n")
	m.put("sys/class/net/"+name+"/flags", "0x1443\n")
}

func (m *machine) nic(name, driver, address string) {
	m.put("sys/class/net/"+name+"/address", address+"\n")
	if driver != "" {
		m.link("sys/class/net/"+name+"/device/driver", "../../../bus/pci/drivers/"+driver)
	}
}

func (m *machine) join(nic, bond string) {
	m.link("sys/class/net/"+nic+"/master", "../"+bond)
	m.put("sys/class/net/"+nic+"/bonding_slave/mii_status", "up\n")
}

// driver makes a Host whose exabond_masters answers as the driver does: by
// errno, or by doing it. What was written is in log.
func (m *machine) driver(errno error, log *[]string) Host {
	return Host{Root: m.root, sleep: func(time.Duration) {},
		port: func(nic string) (Port, error) {
			return map[string]Port{"exa0": {0, 0}, "exa1": {0, 1}, "exa2": {1, 0}}[nic], nil
		},
		write: func(path, command string) error {
			*log = append(*log, command)
			if errno != nil {
				return &fs.PathError{Op: "write", Path: path, Err: errno}
			}
			list, err := bond.ExasockManaged(filepath.Dir(path))
			if err != nil {
				return err
			}
			name := command[1:]
			device := filepath.Join(m.root, Device(name))
			list = slices.DeleteFunc(list, func(s string) bool { return s == name })
			os.Remove(device)
			if command[0] == '+' {
				list = append(list, name)
				m.put(Device(name), string(make([]byte, os.Getpagesize())))
			}
			return os.WriteFile(path, []byte(strings.Join(list, " ")+"\n"), 0o644)
		},
	}
}

func TestManageAndRelease(t *testing.T) {
	m := newMachine(t)
	var log []string
	h := m.driver(nil, &log)
	for _, step := range []struct {
		verb    string
		already bool
	}{{"manage", false}, {"manage", true}, {"release", false}, {"release", true}, {"manage", false}} {
		var already bool
		var err error
		if step.verb == "manage" {
			already, _, err = h.Manage("bond0")
		} else {
			already, _, err = h.Release("bond0", false)
		}
		if err != nil || already != step.already {
			t.Errorf("%s: already %t, %v; want %t", step.verb, already, err, step.already)
		}
	}
	if got := strings.Join(log, " "); got != "+bond0 -bond0 +bond0" {
		t.Errorf("written: %s", got)
	}
}

// TestManageRefuses holds each pitfall that the driver would refuse: nothing is
// asked of it, and the words name what is wrong.
func TestManageRefuses(t *testing.T) {
	for _, test := range []struct {
		name  string
		setup func(m *machine)
		bond  string
		want  string
	}{
		{"mode", func(m *machine) { m.bond("bond0", map[string]string{"mode": "802.3ad 4\n"}) }, "bond0",
			"bond0: its mode is 802.3ad, and exasock manages only active-backup; set BONDMODE"},
		{"other NIC", func(m *machine) {
			m.nic("eth0", "e1000e", "02:00:00:00:00:01")
			m.bond("bond0", map[string]string{"slaves": "exa0 eth0\n"})
		}, "bond0", `bond0: member eth0 is no SmartNIC: its driver is "e1000e"; exasock takes only NICs of the driver exanic; take it out of the bond`},
		{"VLAN", func(m *machine) {
			m.put("sys/class/net/exa0.5/uevent", "DEVTYPE=vlan\nINTERFACE=exa0.5\n")
			m.bond("bond0", map[string]string{"slaves": "exa0.5\n"})
		}, "bond0", "bond0: member exa0.5 is a VLAN, "},
		{"bond in bond", func(m *machine) {
			m.bond("bond1", nil)
			m.bond("bond0", map[string]string{"slaves": "bond1\n"})
		}, "bond0", "bond0: member bond1 is a bond itself, "},
		{"past the driver", func(m *machine) {
			m.put("sys/class/net/exabond_masters", "bond0\n")
			m.nic("eth0", "e1000e", "02:00:00:00:00:01")
			m.bond("bond0", map[string]string{"slaves": "exa0 eth0\n"})
		}, "bond0", "it went in past the driver, which cannot use it: release the bond, take it out, manage the bond again"},
		{"no bond", func(m *machine) {}, "exa0", "exa0 is no bond, and exasock manages only bonds"},
		{"missing", func(m *machine) {}, "bond7", "there is no bond bond7 here; there are: bond0"},
		{"no bond at all", func(m *machine) { m.remove("sys/class/net/bond0"); m.remove("sys/class/net/bonding_masters") }, "bond0",
			"there is no bond bond0 here, nor any other; exasock sees only those of the first network namespace"},
		{"name", func(m *machine) {}, "../bond0", `"../bond0" is not a name for a network interface`},
		{"long name", func(m *machine) {}, "bond0123456789ab", `interface name "bond0123456789ab" is longer than 15 bytes`},
		{"not loaded", func(m *machine) { m.remove("sys/module/exasock"); m.remove("sys/class/net/exabond_masters") }, "bond0",
			`bond0: the exasock driver is not loaded: run "modprobe bonding" and "modprobe exasock"`},
		{"old kernel", func(m *machine) {
			m.remove("sys/class/net/exabond_masters")
			m.put("proc/sys/kernel/osrelease", "3.10.17-smp\n")
		}, "bond0", "bond0: this kernel (3.10.17-smp) is older than 3.19, so the exasock driver was built without bonding; use a newer kernel"},
		{"namespace", func(m *machine) {
			m.remove("sys/class/net/exabond_masters")
			m.link("proc/1/ns/net", "net:[1]")
			m.link("proc/self/ns/net", "net:[2]")
		}, "bond0", "bond0: this is not the first network namespace, and exasock manages bonds only there: run this outside"},
		{"container", func(m *machine) {
			m.remove("sys/class/net/exabond_masters")
			m.link("proc/1/ns/net", "net:[1]")
			m.link("proc/self/ns/net", "net:[1]")
		}, "bond0", "bond0: the exasock driver is loaded but offers no bonding here: this is a container, or "},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMachine(t)
			test.setup(m)
			var log []string
			_, _, err := m.driver(nil, &log).Manage(test.bond)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Manage: %v, want %q", err, test.want)
			}
			if len(log) > 0 {
				t.Errorf("the driver was asked: %q", log)
			}
		})
	}
}

func TestManageWarns(t *testing.T) {
	const noMonitor = "neither miimon nor arp_interval is set"
	for _, test := range []struct {
		name  string
		setup func(m *machine)
		want  []string
	}{
		{"well", func(m *machine) {}, nil},
		{"no monitor", func(m *machine) {
			m.bond("bond0", map[string]string{"slaves": "exa0\n", "miimon": "0\n"})
		}, []string{noMonitor}},
		{"ARP without a target", func(m *machine) {
			m.bond("bond0", map[string]string{"slaves": "exa0\n", "miimon": "0\n", "arp_interval": "100\n"})
		}, []string{"arp_interval is set but arp_ip_target is not"}},
		{"ARP", func(m *machine) {
			m.bond("bond0", map[string]string{"slaves": "exa0\n", "miimon": "0\n", "arp_interval": "100\n", "arp_ip_target": "192.0.2.1\n"})
		}, nil},
		{"empty", func(m *machine) { m.bond("bond0", nil); m.remove("sys/class/net/exa0"); m.remove("sys/class/net/exa1") },
			[]string{"it has no member, and a program that uses it with libexasock needs one; add a SmartNIC before the bond is managed"}},
		{"empty on an old kernel", func(m *machine) {
			m.put("proc/sys/kernel/osrelease", "5.10.0\n")
			m.bond("bond0", nil)
			m.remove("sys/class/net/exa0")
			m.remove("sys/class/net/exa1")
		}, []string{"it has no member, and a program that uses it with libexasock needs one; add a SmartNIC"}},
		{"address of a NIC outside", func(m *machine) {
			m.nic("exa0", "exanic", "64:3f:5f:00:00:00")
			m.remove("sys/class/net/exa0/master")
			m.bond("bond0", map[string]string{"slaves": "exa1\n", "active_slave": "exa1\n"})
		}, []string{"it has the MAC address 64:3f:5f:00:00:00 of exa0, which is no member any more: two devices with one address"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMachine(t)
			test.setup(m)
			var log []string
			_, warnings, err := m.driver(nil, &log).Manage("bond0")
			if err != nil || len(log) != 1 || len(warnings) != len(test.want) {
				t.Fatalf("Manage: %v, %v, written %q; want warnings %q", warnings, err, log, test.want)
			}
			for i, w := range warnings {
				if !strings.Contains(w.String(), test.want[i]) || w.Cure == "" || w.Refuse {
					t.Errorf("warning %q, want %q", w, test.want[i])
				}
			}
		})
	}
}

// TestDriverErrors: what slips through the checks comes back as a sentence, and
// as the error number for a caller.
func TestDriverErrors(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.ENOENT:     "its mode is not active-backup, or a member is no SmartNIC (ENOENT)",
		unix.ENODEV:     "no such NIC, or it is no SmartNIC (ENODEV)",
		unix.EINVAL:     "a bond cannot be a member of a managed bond (EINVAL)",
		unix.ENOMSG:     "did not understand the command",
		unix.ENOSTR:     "longer than the 15 bytes",
		524:             "the mode of a managed bond stays active-backup",
		unix.EOPNOTSUPP: "release it, change them, manage it again (EOPNOTSUPP)",
		unix.EACCES:     "only root may do this",
		unix.EIO:        "input/output error",
	} {
		m := newMachine(t)
		var log []string
		_, _, err := m.driver(errno, &log).Manage("bond0")
		if err == nil || !strings.Contains(err.Error(), "bond0 cannot be put under exasock's management: ") || !strings.Contains(err.Error(), want) || !errors.Is(err, errno) {
			t.Errorf("%d: %v, want %q", errno, err, want)
		}
		m.put("sys/class/net/exabond_masters", "bond0\n")
		_, _, err = m.driver(errno, &log).Release("bond0", false)
		if err == nil || !strings.Contains(err.Error(), "bond0 cannot be released from exasock's management: ") || !errors.Is(err, errno) {
			t.Errorf("%d: release: %v", errno, err)
		}
	}
}

// TestReadBack: a driver that says yes and does nothing is not believed.
func TestReadBack(t *testing.T) {
	m := newMachine(t)
	h := Host{Root: m.root, write: func(string, string) error { return nil }}
	if _, _, err := h.Manage("bond0"); err == nil || !strings.Contains(err.Error(), "does not list the bond") {
		t.Errorf("Manage: %v", err)
	}
	m.put("sys/class/net/exabond_masters", "bond0\n")
	if _, _, err := h.Release("bond0", false); err == nil || !strings.Contains(err.Error(), "still lists the bond") {
		t.Errorf("Release: %v", err)
	}
}

func TestReleaseNamesHolders(t *testing.T) {
	m := newMachine(t)
	var log []string
	h := m.driver(nil, &log)
	if _, _, err := h.Manage("bond0"); err != nil {
		t.Fatal(err)
	}
	m.put("proc/41/comm", "trader\n")
	m.link("proc/41/fd/7", Device("bond0"))
	m.put("proc/42/comm", "mapper\n")
	m.put("proc/42/maps", "7f0000000000-7f0000001000 r--s 00000000 00:05 96       "+Device("bond0")+"\n")
	m.put("proc/43/comm", "other\n")
	m.link("proc/43/fd/3", Device("bond00"))
	m.put("proc/43/maps", "7f0000000000-7f0000001000 r--s 00000000 00:05 96       "+Device("bond0")+" (deleted)\n")

	_, held, err := h.Release("bond0", false)
	var refusal *Refusal
	if !errors.As(err, &refusal) || len(held) != 2 {
		t.Fatalf("Release: %v, %v", held, err)
	}
	want := `bond0: process 41 ("trader") uses ` + filepath.Join(m.root, Device("bond0"))
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[0], want) || !strings.Contains(lines[1], `process 42 ("mapper")`) {
		t.Errorf("Release: %v", err)
	}
	if held[0] != (Holder{PID: 41, Command: "trader", Open: true}) || held[1] != (Holder{PID: 42, Command: "mapper", Mapped: true}) {
		t.Errorf("holders: %+v", held)
	}
	if _, held, err = h.Release("bond0", true); err != nil || len(held) != 2 {
		t.Errorf("forced: %v, %v", held, err)
	}
	if got := strings.Join(log, " "); got != "+bond0 -bond0" {
		t.Errorf("written: %s", got)
	}

	// A bondctl that watches ends by itself.
	if _, _, err := h.Manage("bond0"); err != nil {
		t.Fatal(err)
	}
	m.put("sbin/bondctl", "")
	m.link("proc/self/exe", filepath.Join(m.root, "sbin/bondctl"))
	for _, pid := range []string{"41", "42"} {
		m.link("proc/"+pid+"/exe", filepath.Join(m.root, "sbin/bondctl"))
	}
	if _, held, err = h.Release("bond0", false); err != nil || len(held) > 0 {
		t.Errorf("held by itself: %v, %v", held, err)
	}
}

func TestReleaseWithoutDriver(t *testing.T) {
	m := newMachine(t)
	m.remove("sys/class/net/exabond_masters")
	if already, _, err := (Host{Root: m.root}).Release("bond0", false); !already || err != nil {
		t.Errorf("%t, %v", already, err)
	}
	if _, _, err := (Host{Root: m.root}).Release("bond7", false); err == nil {
		t.Error("a bond that does not exist was released")
	}
}
