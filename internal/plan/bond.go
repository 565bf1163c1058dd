// SPDX-License-Identifier: MIT

package plan

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
)

const refused = "the bond is not started"

// A bondCompiler has one bond's entry, and what becomes of it.
type bondCompiler struct {
	*compiler
	in  *bondconf.Interface
	out Bond
	bad bool // has an error
	// modeKnown is whether out.Mode is what is asked for: nothing is judged by a
	// mode that is a slip itself.
	modeKnown bool
	badAddrs  bool
}

func (b *bondCompiler) fault(at bondconf.Text, f Finding) {
	b.bad = true
	f.Bond = b.in.Name.Value
	if f.Why == "" {
		f.Why = refused
	}
	b.compiler.fault(at, f)
}

func (b *bondCompiler) warn(at bondconf.Text, f Finding) {
	f.Bond = b.in.Name.Value
	b.compiler.warn(at, f)
}

// variable is the name of a variable with the bond's index.
func (b *bondCompiler) variable(name string) string { return fmt.Sprintf("%s[%d]", name, b.in.Index) }

func (b *bondCompiler) compile() {
	b.name()
	b.mode()
	b.memberList()
	b.options()
	b.hwaddr()
	b.addresses()
	b.dhcp()
	b.out.LinkWait = 5 * time.Second
	if b.modeKnown && b.out.Mode == bond.LACP {
		b.out.LinkWait = 10 * time.Second // LACP takes some seconds more
	}
	if n, ok := b.number(b.in.LinkWait, 0, 3600, "a number of seconds"); ok {
		b.out.LinkWait = time.Duration(n) * time.Second
	}
	b.exasock()
}

// Names that shells and rc.inet1 do not stumble over; the kernel takes more.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// Names that no interface can have: /proc/sys/net/ipv4/conf and
// /sys/class/net have entries of these names.
var reservedNames = []string{"all", "default", "bonding_masters", "exabond_masters"}

func checkName(name string) error {
	if err := bond.CheckName(name); err != nil {
		return err
	}
	switch {
	case slices.Contains(reservedNames, name):
		return fmt.Errorf("%q is a name that no network interface can have", name)
	case !plainName.MatchString(name):
		return fmt.Errorf("%q is not a plain name of a network interface", name)
	}
	return nil
}

func (b *bondCompiler) name() {
	t := b.in.Name
	if t.Set && !t.Known {
		return
	}
	if t.Value == "" {
		if !t.Set {
			t = b.in.NICs
		}
		b.fault(t, Finding{
			Rule: "no-name", What: b.variable("IFNAME") + " is missing: " + b.variable("BONDNICS") + " names members of a bond without a name",
			Do: b.variable("IFNAME") + `="bond0"`,
		})
		return
	}
	if err := checkName(t.Value); err != nil {
		b.fault(t, Finding{Rule: "bad-name", What: fmt.Sprintf("%s: %v", t.Name, err), Do: "a name of 1 to 15 of A-Z a-z 0-9 _ . -"})
	} else if t.Value == "lo" {
		b.fault(t, Finding{Rule: "bad-name", What: t.Name + ": lo is the loopback interface", Do: `a name such as "bond0"`})
	}
	if other := b.names[t.Value]; other != nil {
		b.fault(t, Finding{
			Rule: "name-twice", What: fmt.Sprintf("%s: %s is also the name of %s%s", t.Name, t.Value, other.in.Name.Name, b.lineOf(other.in.Name)),
			Do: "another name, or one entry with all NICs",
		})
		return
	}
	b.names[t.Value] = b
	if strings.Contains(t.Value, "_") {
		b.warn(t, Finding{
			Rule: "name-underscore", What: fmt.Sprintf("%s: %s has an underscore", t.Name, t.Value),
			Why: fmt.Sprintf("rc.inet1 cuts %s_start at the first one: it cannot start or stop this interface alone", t.Value),
			Do:  "a name without underscores, such as " + strings.ReplaceAll(t.Value, "_", "-"),
		})
	}
}

// lineOf is " (line 3)", or nothing where there are no lines.
func (b *bondCompiler) lineOf(t bondconf.Text) string {
	if t.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" (line %d)", t.Line)
}

func (b *bondCompiler) mode() {
	b.out.Mode = bond.ActiveBackup
	t := b.in.Mode
	b.modeKnown = !t.Set || t.Known
	if t.Value == "" {
		return
	}
	mode, err := bond.ParseMode(t.Value)
	if err != nil {
		b.modeKnown = false
		b.fault(t, Finding{Rule: "bad-mode", What: fmt.Sprintf("%s: %v", t.Name, err), Do: suggestMode(b.in.Index, t.Value)})
		return
	}
	b.out.Mode = mode
}

// parseMember reads a word of BONDNICS.
func parseMember(word string) (Member, error) {
	if text, ok := strings.CutPrefix(word, "mac="); ok {
		mac, err := parseMAC(text)
		if err != nil {
			return Member{}, fmt.Errorf("%q: %w", word, err)
		}
		return Member{MAC: mac}, nil
	}
	if text, ok := strings.CutPrefix(word, "pci="); ok {
		slot, ok := parsePCI(text)
		if !ok {
			return Member{}, fmt.Errorf("%q is not a PCI slot such as pci=0000:03:00.0", word)
		}
		return Member{PCI: slot}, nil
	}
	if err := checkName(word); err != nil {
		return Member{}, err
	}
	return Member{Name: word}, nil
}

var macAddress = regexp.MustCompile(`^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$`)

// parseMAC reads the address of one device, in the notation of the kernel.
func parseMAC(text string) (string, error) {
	mac, err := net.ParseMAC(text)
	switch {
	case err != nil || len(mac) != 6:
		return "", errors.New("it is not a MAC address")
	case !macAddress.MatchString(text):
		return "", fmt.Errorf("a MAC address is written with colons, %s", mac)
	case mac.String() == "00:00:00:00:00:00":
		return "", errors.New("no interface can have the address that is all zero")
	case mac[0]&1 != 0:
		return "", errors.New("it is a multicast address, which no interface can have")
	}
	return mac.String(), nil
}

var pciSlot = regexp.MustCompile(`^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[01][0-9a-f]\.[0-7])$`)

// parsePCI reads a slot as lspci prints it, with the domain or without.
func parsePCI(text string) (string, bool) {
	m := pciSlot.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		return "", false
	}
	if m[1] == "" {
		m[1] = "0000"
	}
	return m[1] + ":" + m[2], true
}

func (b *bondCompiler) memberList() {
	t := b.in.NICs
	if t.Set && !t.Known {
		return
	}
	words := t.Words()
	if len(words) == 0 {
		at := t
		if !t.Set {
			at = b.in.Name
		}
		b.fault(at, Finding{
			Rule: "no-members", What: t.Name + " names no NIC", Do: fmt.Sprintf("%s=\"eth0 eth1\", with your NICs", t.Name),
		})
	}
	for _, word := range b.few(t, words) {
		b.member(t, word)
	}
}

// few gives a list that is not too long.
func (b *bondCompiler) few(t bondconf.Text, words []string) []string {
	if len(words) <= most {
		return words
	}
	b.fault(t, Finding{Rule: "too-many", What: fmt.Sprintf("%s has more than %d words", t.Name, most), Do: "fewer of them"})
	return words[:most]
}

func (b *bondCompiler) member(t bondconf.Text, word string) {
	bad := func(rule, what, do string) {
		b.fault(t, Finding{Rule: rule, What: t.Name + ": " + what, Do: do})
	}
	m, err := parseMember(word)
	if err != nil {
		do := "names of NICs with blanks between them; or mac=ADDRESS, pci=SLOT"
		if fields := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(",;+|", r) }); len(fields) > 1 {
			do = "blanks between the names: " + strings.Join(fields, " ")
		}
		bad("bad-nic", err.Error(), do)
		return
	}
	name := m.String()
	other := b.members[name]
	switch {
	case m.Name == "lo":
		bad("nic-is-lo", "lo is the loopback interface, which cannot be a member", "name the NICs")
		return
	case m.Name != "" && m.Name == b.in.Name.Value:
		bad("nic-is-bond", fmt.Sprintf("%s would be a member of itself", name), "name the NICs")
		return
	case m.Name != "" && b.bonded[m.Name]:
		bad("nic-is-bond", fmt.Sprintf("%s is a bond itself", name), "name its NICs")
		return
	case other == b:
		bad("nic-twice", fmt.Sprintf("%s is there twice", name), "name it once")
		return
	case other != nil:
		bad("nic-in-two-bonds", fmt.Sprintf("%s is also in %s of %s%s; a NIC can be in one bond only",
			name, other.in.NICs.Name, cmp.Or(other.in.Name.Value, "an entry without a name"), b.lineOf(other.in.NICs)), "take it out of one of them")
		return
	}
	b.members[name] = b
	b.out.Members = append(b.out.Members, m)
}

// number reads a variable that is a plain number: no sign, and no zeros before
// it, which make it octal for some.
func (b *bondCompiler) number(t bondconf.Text, low, high int, what string) (int, bool) {
	if t.Value == "" {
		return 0, false
	}
	n, err := strconv.Atoi(t.Value)
	if err != nil || n < low || n > high || strconv.Itoa(n) != t.Value {
		do := "a number"
		if trimmed := strings.TrimLeft(strings.Trim(t.Value, " +"), "0"); err == nil && n >= low && n <= high && trimmed != "" {
			do = fmt.Sprintf("%s=%q", t.Name, trimmed)
		}
		b.fault(t, Finding{Rule: "bad-value", What: fmt.Sprintf("%s=%q is not %s from %d to %d", t.Name, t.Value, what, low, high), Do: do})
		return 0, false
	}
	return n, true
}

// yes reads a variable that is yes or no.
func (b *bondCompiler) yes(t bondconf.Text) bool {
	if t.Value != "" && t.Value != "yes" && t.Value != "no" {
		b.fault(t, badChoice(t, "", []string{"yes", "no"}))
	}
	return t.Value == "yes"
}

func (b *bondCompiler) exasock() {
	t := b.in.Exasock
	b.out.Exasock = b.yes(t)
	if b.out.Exasock && b.modeKnown && b.out.Mode != bond.ActiveBackup {
		b.fault(t, Finding{
			Rule: "exasock-mode", What: fmt.Sprintf("%s: the mode is %s, and the exasock driver manages active-backup only", t.Name, b.out.Mode),
			Do: b.variable("BONDMODE") + `="active-backup", or no EXASOCK`,
		})
	}
}
