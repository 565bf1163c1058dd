// SPDX-License-Identifier: MIT

package plan

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/slackbond/slackbond/internal/bondconf"
)

// handOver sources each file in a process of its own and writes what rc.bond
// would hand over to FILE.values.
const handOver = `marker=$1
shift
unset ${!IFNAME@} ${!BOND@} ${!MTU@} ${!GATEWAY@} ${!MODULES@} ${!HWADDR@}
for file; do
  (
    exec >"$file.values" 2>&1 </dev/null
    . "$file"
    { set +vx; } 2>/dev/null
    printf '\n%s\n' "$marker"
    builtin declare -p
    builtin declare -F
  )
done
exit 0
`

// bothWays reads files statically and by a real bash, a few processes for all
// of them, and calls compare with both.
func bothWays(t *testing.T, bash string, texts []string, compare func(text string, static, ran *bondconf.Config)) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("conf%d", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for part := range slices.Chunk(paths, 200) {
		args := append([]string{"-c", handOver, "rc.bond", bondconf.Marker}, part...)
		if out, err := exec.Command(bash, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for i, text := range texts {
		values, err := os.ReadFile(paths[i] + ".values")
		if err != nil {
			t.Fatal(err)
		}
		ran, err := bondconf.FromBash(bytes.NewReader(values), paths[i])
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		static, err := bondconf.Read(paths[i])
		if err != nil {
			// Then bash complains too.
			if len(ran.Faults) == 0 {
				t.Errorf("%q: read statically: %v; bash has nothing against it", text, err)
			}
			continue
		}
		compare(text, static, ran)
	}
}

// shells are bash, and the bash 4.2 of Slackware 14.1 where BASH42 names it.
func shells(t *testing.T) []string {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("SKIPPED: no bash here")
	}
	if old := os.Getenv("BASH42"); old != "" {
		return []string{bash, old}
	}
	return []string{bash}
}

var lineOf = regexp.MustCompile(` \(line [0-9]+\)`)

// samePlan compares what comes of both: the plans, and the rules that are broken.
// What cannot be read statically is missing there, and may be what another bond
// cannot be had for.
func samePlan(t *testing.T, text string, static, ran *bondconf.Config) {
	t.Helper()
	p, findings := Compile(static)
	q, others := Compile(ran)
	if len(static.Faults) > 0 || len(ran.Faults) > 0 || static.DOS || ran.DOS {
		// A command may fail, which only running it tells.
		commands := slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == "command" })
		if (len(static.Faults) > 0) != (len(ran.Faults) > 0) && !commands || static.DOS != ran.DOS || len(q.Bonds) > 0 {
			t.Errorf("%q: faults statically %v %v, in bash %v %v, bonds %v", text, static.Faults, static.DOS, ran.Faults, ran.DOS, q.Bonds)
		}
		return
	}
	unread := len(static.Unread) > 0 || slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == "command" })
	if unread {
		for _, b := range p.Bonds {
			if other := q.Bond(b.Name); other != nil && !cmp.Equal(b, *other, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})) {
				t.Errorf("%q: statically %+v, in bash %+v", text, b, other)
			}
		}
		return
	}
	if d := cmp.Diff(p, q, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%q: statically and in bash:\n%s", text, d)
	}
	// Only the file itself shows an index that was used twice.
	rules := func(list []Finding) []string {
		var names []string
		for _, f := range list {
			if f.Rule != "index-twice" {
				names = append(names, f.Rule+" "+string(f.Severity)+" "+lineOf.ReplaceAllString(f.What, ""))
			}
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	if d := cmp.Diff(rules(findings), rules(others)); d != "" {
		t.Errorf("%q: statically and in bash:\n%s", text, d)
	}
}

// TestAsBash: a file gives the same plan and the same findings, read without
// running it and run by bash.
func TestAsBash(t *testing.T) {
	var texts []string
	for _, tt := range ruleTests {
		texts = append(texts, tt.conf)
	}
	texts = append(texts, fragments()...)
	for _, bash := range shells(t) {
		bothWays(t, bash, texts, func(text string, static, ran *bondconf.Config) { samePlan(t, text, static, ran) })
	}
}

// Pieces of which random files are made: assignments in all their forms, good
// and bad, and what else stands in such files.
var pieces = []string{
	`IFNAME[%d]="bond%d"`, `IFNAME[%d]=bond%d`, `IFNAME[%d]='bond%d'`, `IFNAME[%d]=bond_%d`, `IFNAME[0x%d]="bond%d"`, `IFNAME[0%d]=bond%d`,
	`IFNAME=(bond%d bond1)`, `IFNAME+=(bond%d)`, `IFNAME[%d]+=%d`, `unset IFNAME[%d]`, `unset BONDNICS`,
	`BONDNICS[%d]="eth%d eth9"`, `BONDNICS[%d]="eth%d
eth8"`, `BONDNICS[%d]=eth%d`, `BONDNICS[%d]=$'eth%d\teth7'`, `BONDNICS[%d]="eth%d \
eth6"`, `BONDNICS=("eth%d eth5" 'eth3' [4]="eth4")`, `BONDNICS[%d]="eth%d,eth1"`, `BONDNICS[%d]+=" eth%d"`, `BONDNICS[%d]="mac=00:1b:21:aa:bb:0%d pci=03:00.0"`,
	`BONDMODE[%d]=%d`, `BONDMODE[%d]="802.3ad"`, `BONDMODE[%d]=lacp`, `declare BONDMODE[%d]=%d`,
	`IFOPTS[%d]="miimon %d00 | primary eth0"`, `IFOPTS[%d]="arp_interval 100 | arp_ip_target 192.0.2.%d"`, `IFOPTS[%d]="updelay %d50"`, `IFOPTS[%d]="queue_id eth0:%d eth1:2"`,
	`IFOPTS[%d]="a \"quoted\" \$word \\ %d"`, `IFOPTS[%d]='lacp_rate fast | min_links %d'`, `IFOPTS[%d]=$'miimon\x20%d'`,
	`HWADDR[%d]="02:00:00:00:00:0%d"`, `HWADDR[%d]=auto`, `HWADDR[%d]=`, `IPADDRS[%d]="192.0.2.%d/24 192.0.2.99"`, `IP6ADDRS[%d]="2001:db8::%d/64"`, `IP6ADDRS[%d]=2001:db8::%d/064`,
	`USE_DHCP[%d]="yes"`, `USE_DHCP[%d]=no`, `DHCP_HOSTNAME[%d]="h%d"`, `DHCP_KEEPGW[%d]=yes`, `MTU[%d]=%d000`, `MTU=%d500`, `LINKWAIT[%d]=%d`, `LINKWAIT[%d]=0%d`, `EXASOCK[%d]="yes"`,
	`GATEWAY="192.0.2.%d"`, `GATEWAY=x%d`, `GATEWAY6="2001:db8::%d"`, `export GATEWAY=192.0.2.1%d`, `readonly MODULES="e1000e igb%d"`, `MACCHECK=warn`, `MACCHECK="%d"`, `MACCHECK_LIVE=yes`,
	`ALLOW_ROOT_NIC="eth%d"`, `DEBUG_ETH_UP="yes"`, `IPADDR[%d]="192.0.2.%d"`, `NETMASK[%d]=255.255.255.0`, `# IFNAME[%d]=x`, ``, `BOND[%d]=x`, `BONDNIC[%d]=eth%d`,
	`IFNAME[%d]=bond%d; BONDNICS[0]=eth0`, `if true; then MTU[%d]=140%d; fi`, `for i in 0 1; do IFNAME[$i]=bond$i; done`, `BONDNICS[%d]=$(echo eth%d)`, `NICS=eth%d`, `BONDNICS[0]="$NICS"`,
	`bond_up() { echo "$1"; }`, `function bond_down { :; }`, `other() { IFNAME[0]=x; }`, `return 0`, `[ -d / ] && MTU[%d]=9000`, `: comment %d`, `GATEWAY=192.0.2.1 192.0.2.2`, `BONDMODE = 1`, `exit %d`,
}

var fragmentCount = flag.Int("fragments", 400, "how many random files bash and the static reader are compared by")

// fragments are random files, the same each time.
func fragments() []string {
	r := rand.New(rand.NewPCG(1, 2))
	var list []string
	for range *fragmentCount {
		var b strings.Builder
		for range 2 + r.IntN(8) {
			piece := pieces[r.IntN(len(pieces))]
			if r.IntN(3) > 0 { // most files are of the usual kind
				piece = pieces[r.IntN(len(pieces)*3/4)]
			}
			for strings.Contains(piece, "%d") {
				piece = strings.Replace(piece, "%d", fmt.Sprint(r.IntN(4)), 1)
			}
			b.WriteString(piece + "\n")
		}
		list = append(list, b.String())
	}
	return list
}
