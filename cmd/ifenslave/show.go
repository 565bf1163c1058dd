// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"golang.org/x/sys/unix"
)

// show prints the interface called name, or all of them for "". It needs no
// privilege.
func show(conn *bond.Conn, name string, stdout, stderr io.Writer) int {
	links, err := conn.Links()
	if err != nil {
		return failed(stderr, err)
	}
	names := map[int]string{}
	for _, l := range links {
		names[l.Index] = l.Name
	}
	var text strings.Builder
	for _, l := range links {
		if name != "" && l.Name != name {
			continue
		}
		if err := describe(&text, conn, l, names, name != ""); err != nil {
			if name == "" && errors.Is(err, unix.ENODEV) {
				continue // it was removed meanwhile
			}
			return failed(stderr, err)
		}
	}
	if text.Len() == 0 && name != "" {
		return failed(stderr, errors.New(name+": no such device: 'ifenslave -a' lists what there is"))
	}
	return print(stdout, stderr, text.String())
}

// describe writes what there is to say about a link: its own settings, its
// addresses, and what it is to a bond. names are those of all links by index;
// asked is whether it was asked for, as a bond.
func describe(w *strings.Builder, conn *bond.Conn, l bond.Link, names map[int]string, asked bool) error {
	line := func(words ...string) {
		w.WriteString("  " + strings.Join(words, " ") + "\n")
	}
	addrs, err := conn.Addrs(l.Index)
	if err != nil {
		return err
	}
	var info bond.Info
	if l.Kind == "bond" {
		if info, err = conn.Info(l.Name); err != nil {
			return err
		}
	}

	w.WriteString(l.Name + ": <" + strings.Join(flagNames(l.Flags), ",") + "> mtu " + strconv.Itoa(l.MTU) + "\n")
	if l.Type == unix.ARPHRD_ETHER {
		line("hardware address", bond.FormatMAC(l.Addr))
	} else {
		line("hardware type", strconv.Itoa(int(l.Type)), bond.FormatMAC(l.Addr))
	}
	for _, a := range addrs {
		kind := "inet"
		if len(a.IP) == 16 {
			kind = "inet6"
		}
		if a.Label != "" && a.Label != l.Name {
			line(kind, a.String(), a.Label)
		} else {
			line(kind, a.String())
		}
	}
	if l.Master != 0 {
		line("member of", names[l.Master])
	}
	if l.Kind != "bond" {
		if asked {
			line("not a bond")
		}
		return nil
	}
	line("bond", info.Mode.String()+", miimon", strconv.Itoa(info.Miimon)+" ms,", count(len(info.Members), "member"))
	for _, m := range info.Members {
		line("member", m.Name+":", "link", m.Link.String()+",", count(m.Failures, "failure")+role(info.Mode, m, names[l.Active]))
	}
	return nil
}

// role says which of its members a bond uses, in the modes where it chooses.
// active is the active member's name as netlink gives it (kernel 3.13 on).
func role(mode bond.Mode, m bond.Member, active string) string {
	switch {
	case mode == bond.ActiveBackup && !m.Backup, mode.HasActive() && m.Name == active:
		return ", active"
	case mode == bond.ActiveBackup:
		return ", backup"
	}
	return ""
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// flagNames are the names of IFF_* flags, include/uapi/linux/if.h, by bit.
func flagNames(flags uint32) []string {
	names := []string{
		"UP", "BROADCAST", "DEBUG", "LOOPBACK", "POINTOPOINT", "NOTRAILERS", "RUNNING", "NOARP", "PROMISC", "ALLMULTI",
		"MASTER", "SLAVE", "MULTICAST", "PORTSEL", "AUTOMEDIA", "DYNAMIC", "LOWER_UP", "DORMANT", "ECHO",
	}
	var set []string
	for bit, name := range names {
		if flags>>bit&1 == 1 {
			set = append(set, name)
		}
	}
	return set
}
