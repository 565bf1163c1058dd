// SPDX-License-Identifier: MIT

package bondconf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
)

// Imported is a bond of rc.inet1.conf as lines for rc.bond.conf.
type Imported struct {
	Name  string
	Index int // in rc.bond.conf
	Lines []string
	// Left names what rc.inet1.conf keeps that must go, as "BONDNICS[0]
	// (/etc/rc.d/rc.inet1.conf:5)", or rc.inet1 makes the bond too.
	Left []string
	// Lost says of pieces of IFOPTS why they are left out.
	Lost []string
}

// NotImported is a bond of rc.inet1.conf that is left where it is.
type NotImported struct {
	Name, Why string
	At        Text
}

// The words of iproute2 for options that the kernel's files call otherwise.
var iproute2Names = map[string]string{"missed_max": "arp_missed_max", "ad_lacp_active": "lacp_active"}

// Import turns the bonds that rc.inet1 of Slackware 15.0 and later makes by
// itself (BONDNICS in rc.inet1.conf) into lines for rc.bond.conf. own is the
// rc.bond.conf that they are to be added to, nil where there is none.
func Import(stock, own *Config) ([]Imported, []NotImported) {
	var done []Imported
	var not []NotImported
	used := map[int]bool{}
	if own != nil {
		for i := range own.Interfaces {
			used[own.Interfaces[i].Index] = true
		}
	}
	for _, b := range stock.Bonds() {
		name := b.Name.Value
		switch {
		case !b.Name.Set:
			name = "eth" + strconv.Itoa(b.Index) // as rc.inet1 has it
		case !b.Name.Known:
			name = fmt.Sprintf("IFNAME[%d]", b.Index)
		}
		refuse := func(why string) { not = append(not, NotImported{name, why, b.NICs}) }
		if own != nil && own.Bond(name) != nil {
			refuse("it is in rc.bond.conf already (" + own.Bond(name).NICs.String() + ")")
			continue
		}
		if unread := firstUnread(b); unread != "" {
			refuse(unread + " cannot be read without running the file")
			continue
		}
		im := Imported{Name: name, Index: b.Index}
		for used[im.Index] {
			im.Index++
		}
		used[im.Index] = true
		im.fill(b)
		done = append(done, im)
	}
	return done, not
}

func firstUnread(b *Interface) string {
	for _, v := range []struct {
		name string
		text Text
	}{{"IFNAME", b.Name}, {"BONDNICS", b.NICs}, {"BONDMODE", b.Mode}, {"IFOPTS", b.IFOpts}, {"HWADDR", b.HWAddr}} {
		if v.text.Set && !v.text.Known {
			return fmt.Sprintf("%s[%d]", v.name, b.Index)
		}
	}
	return ""
}

func (im *Imported) fill(b *Interface) {
	mode := b.Mode.Value
	if mode == "" {
		mode = bond.BalanceRR.String() // rc.inet1's default; rc.bond has another
	}
	options, lost := stockOptions(b.IFOpts.Value)
	im.Lost = lost
	if !slices.ContainsFunc(options, func(o Option) bool { return o.Name == "miimon" || o.Name == "arp_interval" }) {
		options = append([]Option{{"miimon", "100"}}, options...)
	}
	var pieces []string
	for _, o := range options {
		pieces = append(pieces, o.Name+" "+o.Value)
	}
	set := func(name, value string) {
		im.Lines = append(im.Lines, fmt.Sprintf("%s[%d]=%s", name, im.Index, Quote(value)))
	}
	set("IFNAME", im.Name)
	set("BONDNICS", strings.Join(b.NICs.Words(), " "))
	set("BONDMODE", mode)
	set("IFOPTS", strings.Join(pieces, " | "))
	if b.HWAddr.Value != "" {
		set("HWADDR", b.HWAddr.Value)
	}
	for _, v := range []struct {
		name string
		text Text
	}{{"BONDNICS", b.NICs}, {"BONDMODE", b.Mode}, {"IFOPTS", b.IFOpts}, {"HWADDR", b.HWAddr}} {
		if v.text.Set {
			im.Left = append(im.Left, fmt.Sprintf("%s[%d] (%s)", v.name, b.Index, v.text))
		}
	}
}

// stockOptions reads IFOPTS as rc.inet1 does: each piece goes to ip(8), which
// takes several options in one.
func stockOptions(text string) (options []Option, lost []string) {
	for piece := range strings.SplitSeq(text, "|") {
		words := strings.Fields(piece)
		for len(words) > 0 {
			name := words[0]
			if known := iproute2Names[name]; known != "" {
				name = known
			}
			o := bond.Lookup(name)
			if o == nil {
				lost = append(lost, fmt.Sprintf("%q is no option of the bonding driver", strings.Join(words, " ")))
				break
			}
			if len(words) < 2 {
				lost = append(lost, fmt.Sprintf("%q has no value", words[0]))
				break
			}
			if o.Name != "mode" { // BONDMODE has it; rc.inet1 cannot change it here
				options = append(options, Option{o.Name, words[1]})
			}
			words = words[2:]
		}
	}
	return options, lost
}

// Quote writes a value so that bash reads back just that.
func Quote(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`).Replace(value) + `"`
}
