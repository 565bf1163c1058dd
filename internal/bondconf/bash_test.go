// SPDX-License-Identifier: MIT

package bondconf

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/internal/shconf"
)

// handover is how rc.bond hands the values over.
const handover = `(
	unset IFNAME BONDNICS
	. "$1"
	printf '\n%s\n' "$2"
	declare -p
	declare -F
) 2>&1`

func fromText(t *testing.T, text string) *Config {
	t.Helper()
	c, err := FromBash(strings.NewReader(text), "/etc/conf")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sourced gives the values that a bash has after a file of that text.
func sourced(t *testing.T, bash, text string) *Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bash, "-c", handover, "rc.bond", path, Marker)
	out, _ := cmd.Output() // the status is the file's own
	if !cmd.ProcessState.Exited() {
		t.Fatal(cmd.ProcessState)
	}
	c, err := FromBash(strings.NewReader(string(out)), path)
	if err != nil {
		t.Fatalf("%v, of\n%s", err, out)
	}
	return c
}

// values are all that a Config has, as lines.
func values(c *Config) []string {
	var list []string
	for i := range c.Interfaces {
		for _, name := range Indexed {
			if text := c.Interfaces[i].Get(name); text.Set {
				list = append(list, fmt.Sprintf("%s=%q", text.Name, text.Value))
			}
		}
	}
	for _, text := range []Text{c.Gateway, c.Gateway6, c.Modules, c.MACCheck, c.MACCheckLive, c.AllowRootNIC, c.Debug} {
		if text.Set {
			list = append(list, fmt.Sprintf("%s=%q", text.Name, text.Value))
		}
	}
	return list
}

func TestFromBashForms(t *testing.T) {
	want := []string{`IFNAME[0]="bond0"`, `BONDNICS[0]="eth0 eth1"`, `IFOPTS[0]="a 'b' \"c\" $d"`, `IFNAME[3]="b\nc"`, `GATEWAY="192.0.2.1"`, `MODULES="é"`}
	for _, tt := range []struct{ name, text string }{
		{
			"bash 4.2", `declare -a IFNAME='([0]="bond0" [3]=$'\''b\nc'\'')'
declare -a BONDNICS='([0]="eth0 eth1")'
declare -a IFOPTS='([0]="a '\''b'\'' \"c\" \$d")'
declare -- GATEWAY="192.0.2.1"
declare -x MODULES="é"
`,
		},
		{
			"bash 5", `declare -a IFNAME=([0]="bond0" [3]=$'b\nc')
declare -ax BONDNICS=([0]="eth0 eth1")
declare -ar IFOPTS=([0]="a 'b' \"c\" \$d")
declare -A OTHER=(["x'y"]="1" )
declare -i N="5"
declare -- GATEWAY="192.0.2.1"
declare -- MODULES=$'\303\251'
declare -- IGNORED="a
declare -a IFNAME=([0]=\"bond9\")
"
`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := fromText(t, "hello\nworld\n\n"+Marker+"\n"+tt.text+"declare -f bond_up\ndeclare -fx other\n")
			if d := cmp.Diff(want, values(c)); d != "" {
				t.Error(d)
			}
			if !slices.Equal(c.Printed, []string{"hello", "world"}) || len(c.Faults) > 0 || c.Static {
				t.Errorf("%+v", c)
			}
			if !slices.Equal(c.File.Functions, []string{"bond_up", "other"}) {
				t.Errorf("functions %q", c.File.Functions)
			}
			if got := c.Bond("bond0").Name; got.String() != "IFNAME[0]" || got.File != "/etc/conf" || got.Line != 0 {
				t.Errorf("place %q of %+v", got, got)
			}
		})
	}
}

func TestFromBashFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"complaint", "/etc/conf: line 4: eth1: command not found\n\n" + Marker + "\n", "/etc/conf:4: bash: eth1: command not found"},
		{"syntax", "/etc/conf: line 2: syntax error near unexpected token `)'\n/etc/conf: line 2: `)'\n\n" + Marker + "\n", "/etc/conf:2: bash: syntax error near unexpected token `)'"},
		{"of another file", "/etc/other: line 4: x\n\n" + Marker + "\n", ""},
		{"exit", "bye\n", "/etc/conf: it ends rc.bond, which reads it (exit, exec, or set -e)"},
		{"nothing", "", "/etc/conf: it ends rc.bond, which reads it (exit, exec, or set -e)"},
		{"associative", Marker + "\ndeclare -A IFNAME=([0]=\"bond0\" )\n", "/etc/conf: IFNAME is declared with -A, and must be an ordinary variable or array"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range fromText(t, tt.text).Faults {
				got = append(got, fmt.Sprintf("%s: %s", f.Pos, f.Text))
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if _, err := FromBash(strings.NewReader(strings.Repeat("x", shconf.MaxSize+1)), "c"); err == nil {
		t.Error("no limit")
	}
	if _, err := FromBash(strings.NewReader(Marker+"\ndeclare -a IFNAME=([x]=1)\n"), "c"); err == nil {
		t.Error("what bash never writes is taken")
	}
	if c := fromText(t, Marker+"\ndeclare -a BONDNICS=([0]=$'eth0\\r')\n"); !c.DOS {
		t.Error("line ends of DOS are not seen")
	}
}

func TestFromRealBash(t *testing.T) {
	shells := []string{"bash"}
	if path := os.Getenv("BASH42"); path != "" {
		shells = append(shells, path)
	}
	for _, shell := range shells {
		bash, err := exec.LookPath(shell)
		if err != nil {
			t.Skip("SKIPPED: no " + shell + " here")
		}
		const text = `echo hello
NICS="eth0 eth1"
for i in 0 1; do IFNAME[$i]=bond$i; done
[ -n "$NICS" ] && BONDNICS[0]="$NICS"
IFOPTS=("miimon 100" [5]=$'a\tb\nc' [6]="it's \"\$x\" \\ ü")
declare -A table=([a b]="1" ["c'd"]="2")
export GATEWAY=192.0.2.1
declare -i MTU[0]=1400+100
bond_up() { ip route add default via 192.0.2.1; }
nosuchprogram 1
`
		c := sourced(t, bash, text)
		want := []string{
			`IFNAME[0]="bond0"`, `BONDNICS[0]="eth0 eth1"`, `IFOPTS[0]="miimon 100"`, `MTU[0]="1500"`, `IFNAME[1]="bond1"`,
			`IFOPTS[5]="a\tb\nc"`, `IFOPTS[6]="it's \"$x\" \\ ü"`, `GATEWAY="192.0.2.1"`,
		}
		if d := cmp.Diff(want, values(c)); d != "" {
			t.Errorf("%s: %s", shell, d)
		}
		if !slices.Equal(c.Printed, []string{"hello"}) || len(c.Faults) != 1 || c.Faults[0].Line != 10 || !slices.Contains(c.File.Functions, "bond_up") {
			t.Errorf("%s: %q %v %q", shell, c.Printed, c.Faults, c.File.Functions)
		}
		for _, text := range []string{"exit 0", "IFNAME[0]=x\nexit", "exec true", "set -e\nfalse"} {
			if c := sourced(t, bash, text); len(c.Faults) != 1 || len(c.Interfaces) > 0 {
				t.Errorf("%s: %q: %+v", shell, text, c)
			}
		}
		for text, line := range map[string]int{"IFNAME[0]=(\n'": 2, "IFNAME[08]=x": 1, "\nBONDNICS[0]=eth0 eth1": 2, "if": 2} {
			if c := sourced(t, bash, text); len(c.Faults) == 0 || c.Faults[0].Line != line {
				t.Errorf("%s: %q: %+v", shell, text, c.Faults)
			}
		}
	}
}
