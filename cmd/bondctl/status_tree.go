// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/cmdline"
)

// writeTree shows the report as lsblk shows disks: one line for each bond,
// its members below it, columns only as wide as needed, then the problems.
func writeTree(w io.Writer, r *statusReport) error {
	var out bytes.Buffer
	p := cmdline.Colours(w)
	if len(r.Bonds) > 0 {
		writeTable(&out, treeRows(r), p)
	} else {
		out.WriteString("no bond\n")
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
	_, err := w.Write(out.Bytes())
	return err
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

// writeTable pads the columns, and colours what means good or bad.
func writeTable(out *bytes.Buffer, rows [][]cell, p cmdline.Palette) {
	var width []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c.text))
		}
	}
	for n, row := range rows {
		line := ""
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c.text))
			text := paint(p, n, i, c.text)
			if c.right {
				line += pad + text + " "
			} else {
				line += text + pad + " "
			}
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func paint(p cmdline.Palette, row, column int, text string) string {
	if row == 0 {
		return p.Dim(text)
	}
	if column != 1 && column != 3 {
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
