// SPDX-License-Identifier: MIT

package rootfs

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slackbond/slackbond/internal/rtnl"
)

// links: bond0 of eth0 and eth1, VLAN bond0.5, bridge br0 on eth2, veth pair.
var links = []rtnl.Link{
	{Index: 1, Name: "lo"},
	{Index: 2, Name: "eth0", Master: 4},
	{Index: 3, Name: "eth1", Master: 4},
	{Index: 4, Name: "bond0", Kind: "bond"},
	{Index: 5, Name: "bond0.5", Kind: "vlan", Lower: 4},
	{Index: 6, Name: "br0", Kind: "bridge"},
	{Index: 7, Name: "eth2", Master: 6},
	{Index: 8, Name: "veth0", Kind: "veth", Lower: 9},
	{Index: 9, Name: "veth1", Kind: "veth", Lower: 8},
}

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
	"   0: 0A0200C0:C350 090200C0:2A2D 01 00000000:00000000 00:00000000 00000000     0        0 4711 1\n" +
	"   1: 0A0200C0:C351 0A0200C0:2A2D 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n"

func TestNICs(t *testing.T) {
	disk := "18 1 259:2 / / rw shared:1 - ext4 /dev/sda2 rw\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		route map[string]int
		want  map[string]string
	}{
		{"a disk", map[string]string{"proc/self/mountinfo": disk}, nil, map[string]string{}},
		{"NFS over a VLAN on a bond", map[string]string{
			"proc/self/mountinfo": "1 1 0:2 / / rw - rootfs rootfs rw\n" +
				"18 1 0:20 / / rw - nfs4 server:/srv/root rw,vers=4.2,addr=192.0.2.9\n" +
				"19 18 0:21 / /home rw - nfs 192.0.2.77:/home rw,addr=192.0.2.77\n",
		}, map[string]int{"192.0.2.9": 5, "192.0.2.77": 7}, map[string]string{
			"bond0.5": "NFS from 192.0.2.9", "bond0": "NFS from 192.0.2.9", "eth0": "NFS from 192.0.2.9", "eth1": "NFS from 192.0.2.9",
		}},
		{"NFS in a bridge, by its source", map[string]string{
			"proc/self/mountinfo": "18 1 0:20 / / rw - nfs 192.0.2.9:/srv/root rw\n",
		}, map[string]int{"192.0.2.9": 6}, map[string]string{"br0": "NFS from 192.0.2.9", "eth2": "NFS from 192.0.2.9"}},
		{"NFS that nobody knows the way to", map[string]string{
			"proc/self/mountinfo": "18 1 0:20 / / rw - nfs 192.0.2.9:/srv/root rw\n",
		}, nil, map[string]string{}},
		{"veth", map[string]string{
			"proc/self/mountinfo": "18 1 0:20 / / rw - nfs 192.0.2.9:/ rw\n",
		}, map[string]int{"192.0.2.9": 8}, map[string]string{"veth0": "NFS from 192.0.2.9"}},
		{"iSCSI, LVM on a partition", map[string]string{
			"proc/self/mountinfo":                        "18 1 254:0 / / rw - ext4 /dev/mapper/vg-root rw\n",
			"sys/dev/block/254:0":                        "-> ../../devices/virtual/block/dm-0",
			"sys/devices/virtual/block/dm-0/size":        "1",
			"sys/devices/virtual/block/dm-0/slaves/sda2": "-> ../../../../platform/host3/session7/target3:0:0/3:0:0:1/block/sda/sda2",
			"sys/devices/platform/host3/session7/target3:0:0/3:0:0:1/block/sda/device":         "-> ../../../3:0:0:1",
			"sys/devices/platform/host3/session7/target3:0:0/3:0:0:1/block/sda/sda2/partition": "2",
			"sys/class/iscsi_connection/connection7:0/address":                                 "2001:db8::9\n",
		}, map[string]int{"2001:db8::9": 2}, map[string]string{"eth0": "iSCSI from 2001:db8::9"}},
		{"NBD", map[string]string{
			"proc/self/mountinfo":                "18 1 43:0 / / rw - ext4 /dev/nbd0 rw\n",
			"sys/dev/block/43:0":                 "-> ../../devices/virtual/block/nbd0",
			"sys/devices/virtual/block/nbd0/pid": "321\n",
			"proc/321/fd/0":                      "-> /dev/null",
			"proc/321/fd/3":                      "-> socket:[4711]",
			"proc/321/net/tcp":                   tcp,
		}, map[string]int{"192.0.2.9": 3, "192.0.2.10": 7}, map[string]string{"eth1": "NBD from 192.0.2.9"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &Machine{Dir: tree(t, test.files), Links: links, RouteTo: func(a netip.Addr) (int, error) { return test.route[a.String()], nil }}
			got, err := m.NICs()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNICsFails(t *testing.T) {
	m := &Machine{Dir: t.TempDir()}
	if _, err := m.NICs(); err == nil || !strings.Contains(err.Error(), "where the root file system is") {
		t.Errorf("without /proc: %v", err)
	}
	m = &Machine{
		Dir:     tree(t, map[string]string{"proc/self/mountinfo": "18 1 0:20 / / rw - nfs 192.0.2.9:/ rw\n"}),
		RouteTo: func(netip.Addr) (int, error) { return 0, errors.New("no answer") },
	}
	if _, err := m.NICs(); err == nil || !strings.Contains(err.Error(), "the way to 192.0.2.9") {
		t.Errorf("without an answer: %v", err)
	}
}
