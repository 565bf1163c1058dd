// SPDX-License-Identifier: MIT

package source

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestHostFiles reads a root directory made up here.
func TestHostFiles(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "etc/rc.d/rc.bond.conf"), "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\nHWADDR[0]=02:00:5e:10:00:07\n")
	write(t, filepath.Join(root, "etc/rc.d/rc.lan"), "#!/bin/sh\nifconfig bond0 hw ether 00:16:3e:aa:aa:aa\n")
	write(t, filepath.Join(root, "etc/rc.d/rc.sysvinit"), "#!/bin/sh\ntrue\n")
	write(t, filepath.Join(root, "etc/rc.d/rc.elf"), "\x7fELF\x00")
	write(t, filepath.Join(root, "etc/rc.d/rc.bond.new"), "#!/bin/sh\nip link set bond0 address 00:16:3e:aa:aa:ab\n")
	write(t, filepath.Join(root, "etc/ethers"), "02:00:5e:10:00:25 printer\n")
	write(t, filepath.Join(root, "etc/libvirt/qemu/web.xml"), "<domain><name>web</name><mac address='52:54:00:10:00:32'/></domain>")
	write(t, filepath.Join(root, "var/lib/lxc/ns1/config"), "lxc.net.0.hwaddr = 02:00:5e:10:00:36\n")
	write(t, filepath.Join(root, "proc/77/cmdline"), "qemu-system-x86_64\x00-name\x00db\x00-device\x00e1000,mac=52:54:00:10:00:34\x00")
	write(t, filepath.Join(root, "proc/78/cmdline"), "grep\x0002:00:5e:10:00:99\x00")
	var c collect
	var read []string
	for _, s := range HostFiles(root) {
		r := s.Read(&c)
		if r.Err != nil {
			t.Errorf("%s: %v", s.Name, r.Err)
		}
		if !r.Absent {
			read = append(read, r.Name)
		}
	}
	if diff := cmp.Diff([]string{"rc.bond.conf", "boot scripts", "ethers", "libvirt", "LXC", "QEMU"}, read); diff != "" {
		t.Errorf("sources (-want +got)\n%s", diff)
	}
	want := []string{
		"3 02:00:5e:10:00:07 reserved bond0 [HWADDR[0]]",
		"2 00:16:3e:aa:aa:aa reserved bond0",
		"1 02:00:5e:10:00:25 reserved printer",
		"1 52:54:00:10:00:32 reserved web",
		"1 02:00:5e:10:00:36 reserved ns1 on net.0",
		"1 52:54:00:10:00:34 used db",
	}
	if diff := cmp.Diff(want, c.say()); diff != "" {
		t.Errorf("claims (-want +got)\n%s", diff)
	}
}

// TestUnreadableFile checks that a file that is there and may not be read is a
// failure, unlike one that is not there.
func TestUnreadableFile(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "etc/ethers"), 0o755); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, s := range HostFiles(root) {
		if r := s.Read(&collect{}); r.Err != nil && s.Name == "ethers" {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("%d sources named ethers failed, want 1", failed)
	}
}

// TestKernelTables reads this machine's own, whatever they hold.
func TestKernelTables(t *testing.T) {
	for _, s := range Host()[:3] {
		var c collect
		if r := s.Read(&c); r.Err != nil || r.Count != len(c.claims) {
			t.Errorf("%s: %+v with %d claims", s.Name, r, len(c.claims))
		}
		for _, x := range c.claims {
			t.Logf("%s: %s %s %s", s.Name, x.Addr, x.Who(), x.Note)
		}
	}
}

func TestAge(t *testing.T) {
	for ago, want := range map[time.Duration]string{
		0: "", 59 * time.Minute: "", time.Hour: "an hour old", 119 * time.Minute: "an hour old",
		2 * time.Hour: "2 hours old", 47 * time.Hour: "47 hours old", 48 * time.Hour: "2 days old", 50 * 24 * time.Hour: "50 days old",
	} {
		if got := (Claim{Time: now().Add(-ago)}).Age(); got != want {
			t.Errorf("%v ago: %q, want %q", ago, got, want)
		}
	}
	if got := (Claim{}).Age(); got != "" {
		t.Errorf("at a time not known: %q", got)
	}
}
