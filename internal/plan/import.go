// SPDX-License-Identifier: MIT

package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/shconf"
)

// Imported is a bond of another file as lines for rc.bond.conf.
type Imported struct {
	Name  string
	Index int // in rc.bond.conf
	Lines []string
	// Left names what rc.inet1.conf keeps that must go, as "BONDNICS[0]
	// (/etc/rc.d/rc.inet1.conf:5)", or rc.inet1 makes the bond too.
	Left []string
	// Lost says what is not taken over, and why.
	Lost []string
}

// NotImported is a bond that is left where it is.
type NotImported struct {
	Name, Why string
	At        bondconf.Text
}

// Import turns the bonds of a file into lines for rc.bond.conf: those that
// rc.inet1 of Slackware 15.0 and later makes by itself (BONDNICS in
// rc.inet1.conf), or those of unRAID's network.cfg (BONDNAME). own is the text
// of the rc.bond.conf that they are to be added to. What [Compile] would
// refuse there is not imported.
func Import(stock *bondconf.Config, own []byte) ([]Imported, []NotImported, error) {
	text := string(own)
	conf, err := parseText(text)
	if err != nil {
		return nil, nil, err
	}
	used := map[int]bool{}
	for i := range conf.Interfaces {
		used[conf.Interfaces[i].Index] = true
	}
	var done []Imported
	var not []NotImported
	for _, b := range stock.Bonds() {
		im := &importer{file: stock.File, in: b, Imported: Imported{Name: b.Name.Value, Index: b.Index}}
		im.unraid = im.isUnraid()
		why := im.name()
		if old := conf.Bond(im.Name); why == "" && old != nil {
			why = fmt.Sprintf("it is in rc.bond.conf already (line %d)", old.NICs.Line)
		}
		if why == "" {
			for used[im.Index] {
				im.Index++
			}
			im.fill()
			with := text + "\n" + strings.Join(im.Lines, "\n") + "\n"
			if why, err = im.refusal(with); err != nil {
				return nil, nil, err
			}
			if why == "" {
				text = with
				used[im.Index] = true
				done = append(done, im.Imported)
				continue
			}
		}
		not = append(not, NotImported{im.Name, why, b.NICs})
	}
	for _, i := range stock.File.Indexes("BONDNAME") {
		name, nics := bondconf.Get(stock.File, "BONDNAME", i), bondconf.Get(stock.File, "BONDNICS", i)
		if nics.Value == "" && (!nics.Set || nics.Known) && name.Value != "" {
			not = append(not, NotImported{name.Value, nics.Name + " is not set: unRAID then takes those of eth0 to eth3 that are there", name})
		}
	}
	return done, not, nil
}

func parseText(text string) (*bondconf.Config, error) {
	f, err := shconf.Parse(strings.NewReader(text), "rc.bond.conf")
	if err != nil {
		return nil, err
	}
	return bondconf.From(f), nil
}

type importer struct {
	Imported
	file   *shconf.File
	in     *bondconf.Interface
	unraid bool
}

func (im *importer) get(name string) bondconf.Text { return bondconf.Get(im.file, name, im.in.Index) }

// isUnraid reports whether the entry is one of unRAID's network.cfg (rc.inet1
// and Eth0.page of its webgui).
func (im *importer) isUnraid() bool {
	return slices.ContainsFunc([]string{"BONDNAME", "BONDING_MODE", "BONDING_MIIMON", "BONDING"}, func(name string) bool { return im.get(name).Set })
}

// name finds the bond's name; why is not empty where the entry cannot be read.
func (im *importer) name() (why string) {
	from := "IFNAME"
	if im.unraid {
		from = "BONDNAME" // IFNAME is its bridge
	}
	t := im.get(from)
	im.Name = cmp.Or(t.Value, "eth"+strconv.Itoa(im.in.Index)) // as rc.inet1 has it
	if im.unraid && !t.Set {
		im.Name = "bond" + strconv.Itoa(im.in.Index)
	}
	if t.Set && !t.Known {
		im.Name = t.Name
	}
	for _, name := range im.variables() {
		if t := im.get(name); t.Set && !t.Known {
			return t.Name + " cannot be read without running the file"
		}
	}
	if t := im.get("BONDING"); im.unraid && t.Value == "no" {
		return "BONDING is no"
	}
	return ""
}

func (im *importer) variables() []string {
	if im.unraid {
		return []string{"BONDNAME", "BONDNICS", "BONDING_MODE", "BONDING_MIIMON", "HWADDR", "MTU", "IPADDR", "NETMASK", "USE_DHCP", "BONDING"}
	}
	return []string{"IFNAME", "BONDNICS", "BONDMODE", "IFOPTS", "HWADDR"}
}

// refusal says why Compile refuses the bond in the file that it would be in; ""
// where it does not.
func (im *importer) refusal(text string) (string, error) {
	conf, err := parseText(text)
	if err != nil {
		return "", err
	}
	p, findings := Compile(conf)
	if p.Bond(im.Name) != nil {
		return "", nil
	}
	var why []string
	for _, f := range findings {
		if f.Severity == Error && (f.Bond == im.Name || f.Bond == "") {
			why = append(why, f.What)
		}
	}
	return cmp.Or(strings.Join(why, "; "), "rc.bond.conf cannot be read without running it"), nil
}

func (im *importer) set(name, value string) {
	if value != "" {
		im.Lines = append(im.Lines, fmt.Sprintf("%s[%d]=%s", name, im.Index, Quote(value)))
	}
}

func (im *importer) lose(format string, args ...any) {
	im.Lost = append(im.Lost, fmt.Sprintf(format, args...))
}

func (im *importer) fill() {
	if im.unraid {
		im.fillUnraid()
		return
	}
	mode := cmp.Or(im.in.Mode.Value, bond.BalanceRR.String()) // rc.inet1's default; rc.bond has another
	options := im.stockOptions(im.in.IFOpts.Value)
	if !slices.ContainsFunc(options, func(o bondconf.Option) bool { return o.Name == "miimon" || o.Name == "arp_interval" }) {
		options = append([]bondconf.Option{{Name: "miimon", Value: defaultMIIMon}}, options...)
	}
	var pieces []string
	for _, o := range options {
		pieces = append(pieces, o.Name+" "+o.Value)
	}
	im.set("IFNAME", im.Name)
	im.set("BONDNICS", strings.Join(im.in.NICs.Words(), " "))
	im.set("BONDMODE", mode)
	im.set("IFOPTS", strings.Join(pieces, " | "))
	im.set("HWADDR", im.in.HWAddr.Value)
	for _, name := range []string{"BONDNICS", "BONDMODE", "IFOPTS", "HWADDR"} {
		if t := im.get(name); t.Set {
			im.Left = append(im.Left, fmt.Sprintf("%s (%s)", t.Name, t))
		}
	}
}

// fillUnraid takes what unRAID does with its variables: mode 1 and miimon 100
// unless told otherwise, the first NIC as primary. A bridge has the addresses
// where there is one.
func (im *importer) fillUnraid() {
	mode := cmp.Or(im.get("BONDING_MODE").Value, bond.ActiveBackup.String())
	nics := strings.FieldsFunc(im.in.NICs.Value, isBlankOrComma)
	options := "miimon " + cmp.Or(im.get("BONDING_MIIMON").Value, defaultMIIMon)
	if m, err := bond.ParseMode(mode); err == nil {
		mode = m.String()
		if m.HasActive() && len(nics) > 0 {
			options += " | primary " + nics[0]
		}
	}
	im.set("IFNAME", im.Name)
	im.set("BONDNICS", strings.Join(nics, " "))
	im.set("BONDMODE", mode)
	im.set("IFOPTS", options)
	im.set("HWADDR", strings.ToLower(im.get("HWADDR").Value))
	im.set("MTU", im.get("MTU").Value)
	if bridge := im.get("BRNICS"); bridge.Set || im.in.Name.Value != "" && im.in.Name.Value != im.Name {
		im.lose("the bridge %s, and the addresses and VLANs on it: they belong into rc.inet1.conf", cmp.Or(im.get("BRNAME").Value, im.in.Name.Value))
		return
	}
	address, mask := im.get("IPADDR").Value, im.get("NETMASK").Value
	switch {
	case im.in.DHCP.Yes():
		im.set("USE_DHCP", "yes")
	case address != "" && mask != "":
		im.set("IPADDRS", address+"/"+mask)
	default:
		im.set("IPADDRS", address)
	}
	if t := im.get("GATEWAY"); t.Value != "" && !im.in.DHCP.Yes() {
		im.lose(`%s: there is one for all bonds, GATEWAY=%s`, t.Name, Quote(t.Value))
	}
	for _, name := range []string{"IPADDR6", "VLANS", "METRIC", "USE_DHCP6"} {
		if t := im.get(name); t.Value != "" && t.Value != "no" {
			im.lose("%s has no counterpart; see rc.bond.conf(5)", t.Name)
		}
	}
}

// stockOptions reads IFOPTS as rc.inet1 does: each piece goes to ip(8), which
// takes several options in one.
func (im *importer) stockOptions(text string) (options []bondconf.Option) {
	for piece := range strings.SplitSeq(text, "|") {
		words := strings.Fields(piece)
		for len(words) > 0 {
			word, ok := lookupExact(words[0])
			switch {
			case !ok || word.Option == "":
				im.lose("IFOPTS: %q is not an option of the bonding driver", strings.Join(words, " "))
				words = nil
				continue
			case len(words) < 2:
				im.lose("IFOPTS: %q has no value", words[0])
				words = nil
				continue
			case word.Option != "mode": // BONDMODE has it; rc.inet1 cannot change it here
				options = append(options, bondconf.Option{Name: word.Option, Value: words[1]})
			}
			words = words[2:]
		}
	}
	return options
}

// Quote writes a value so that bash reads back just that.
func Quote(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`).Replace(value) + `"`
}
