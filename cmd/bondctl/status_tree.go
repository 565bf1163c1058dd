// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/cmdline"
)

// writeTree shows the report as lsblk shows disks: one line for each bond,
// its members below it, columns only as wide as needed, then the problems.
func writeTree(w io.Writer, r *statusReport) error {
	width, _ := cmdline.Size(w)
	_, err := io.WriteString(w, treeText(r, cmdline.Colours(w), width))
	return err
}

// treeText is what writeTree writes on a terminal of that width; 0: no terminal.
func treeText(r *statusReport, p cmdline.Palette, width int) string {
	var out bytes.Buffer
	switch {
	case len(r.Bonds) > 0:
		writeTable(&out, fit(treeRows(r), width), p)
	case r.loaded:
		out.WriteString("no bond\n")
	default:
		out.WriteString("no bond: the bonding driver is not loaded\n")
	}
	for i, problem := range r.Problems {
		if i == 0 {
			out.WriteByte('\n')
		}
		who := problem.Bond
		if problem.Member != "" {
			who += " " + problem.Member
		}
		fmt.Fprintf(&out, "%s %s: %s\n", p.Warn("!"), p.Bold(who), problem.Text)
	}
	return out.String()
}

// cell is one field of the table, and how it is to be shown.
type cell struct {
	text  string
	right bool
}

func treeRows(r *statusReport) [][]cell {
	lacp := false
	for i := range r.Bonds {
		lacp = lacp || r.Bonds[i].LACP != nil
	}
	header := []string{"NAME", "STATE", "MODE", "LINK", "LOST", "MAC", "PERMANENT MAC"}
	if lacp {
		header = append(header, "AGGREGATOR", "PARTNER")
	}
	rows := [][]cell{{}}
	for i, title := range header {
		rows[0] = append(rows[0], cell{text: title, right: i == 4})
	}
	for i := range r.Bonds {
		b := &r.Bonds[i]
		row := []cell{
			{text: b.Name}, {text: b.State}, {text: b.Mode}, {text: link(b.Carrier, b.Speed)},
			{right: true}, {text: b.MAC}, {},
		}
		if lacp {
			row = append(row, aggregate(b.LACP)...)
		}
		rows = append(rows, row)
		for j := range b.Members {
			rows = append(rows, memberRow(b, j, lacp))
		}
	}
	return rows
}

func memberRow(b *bondReport, j int, lacp bool) []cell {
	m := &b.Members[j]
	branches := treeBranches()
	branch := branches[0]
	if j == len(b.Members)-1 {
		branch = branches[1]
	}
	row := []cell{
		{text: branch + m.Name}, {text: role(&b.Status, m)}, {}, {text: link(m.Carrier, m.Speed)},
		{text: strconv.Itoa(m.Failures), right: true}, {text: m.MAC}, {text: m.Permanent},
	}
	if lacp && m.LACP != nil {
		row = append(row, cell{text: strconv.Itoa(m.LACP.Aggregator)}, cell{text: m.LACP.PartnerMAC})
	}
	return row
}

// treeBranches are those of lsblk: lines where the locale has them, else ASCII.
func treeBranches() [2]string {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"))
	if l := strings.ToLower(locale); strings.Contains(l, "utf-8") || strings.Contains(l, "utf8") {
		return [2]string{"├─", "└─"}
	}
	return [2]string{"|-", "`-"}
}

// role is what a member does in the bond.
func role(s *bond.Status, m *bond.MemberStatus) string {
	mode, err := bond.ParseMode(s.Mode)
	switch {
	case m.MII != "up" && m.MII != "":
		return m.MII
	case m.Active:
		return "active"
	case err == nil && mode == bond.ActiveBackup:
		return "backup"
	}
	return "up"
}

func aggregate(l *bond.LACPStatus) []cell {
	if l == nil {
		return []cell{{}, {}}
	}
	text := "-"
	if l.Aggregator != 0 {
		text = fmt.Sprintf("%d (ports %d)", l.Aggregator, l.Ports)
	}
	return []cell{{text: text}, {text: l.PartnerMAC}}
}

// link is the speed, "up" where the kernel does not know it, or "down".
func link(carrier bool, mbit int) string {
	if carrier && mbit > 0 {
		return speed(mbit)
	}
	return upDown(carrier)
}

func upDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

// speed is in Mbit/s, as ethtool and the kernel have it.
func speed(mbit int) string {
	if mbit == 0 {
		return "-"
	}
	return strconv.Itoa(mbit)
}

// dispensable are the columns that a narrow terminal goes without, in that order.
var dispensable = []string{"PERMANENT MAC", "MAC", "AGGREGATOR", "LOST", "PARTNER", "MODE"}

// fit leaves columns out, as few as it takes, so that a line is no longer than width;
// 0: however long.
func fit(rows [][]cell, width int) [][]cell {
	for _, title := range dispensable {
		total := -1 // no blank behind the last one
		for _, w := range widths(rows) {
			total += w + 1
		}
		if width == 0 || total <= width {
			break
		}
		column := slices.IndexFunc(rows[0], func(c cell) bool { return c.text == title })
		if column < 0 {
			continue
		}
		for i, row := range rows {
			if column < len(row) {
				rows[i] = slices.Delete(row, column, column+1)
			}
		}
	}
	return rows
}

func widths(rows [][]cell) []int {
	var list []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(list) {
				list = append(list, 0)
			}
			list[i] = max(list[i], utf8.RuneCountInString(c.text))
		}
	}
	return list
}

// writeTable pads the columns, and colours what means good or bad.
func writeTable(out *bytes.Buffer, rows [][]cell, p cmdline.Palette) {
	width := widths(rows)
	for n, row := range rows {
		line := ""
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c.text))
			text := c.text
			if n == 0 {
				text = p.Dim(text)
			} else {
				text = paint(p, rows[0][i].text, text)
			}
			if c.right {
				line += pad + text + " "
			} else {
				line += text + pad + " "
			}
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func paint(p cmdline.Palette, title, text string) string {
	if title != "STATE" && title != "LINK" {
		return text
	}
	switch text {
	case "up", "active", "backup":
		return p.Good(text)
	case bond.StateDegraded, "going down", "going back":
		return p.Warn(text)
	case "down":
		return p.Bad(text)
	}
	return text
}
