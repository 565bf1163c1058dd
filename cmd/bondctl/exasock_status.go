// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exasock"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
)

// defaultInterval is how often --watch looks where nothing happens: well below
// the interval at which the driver itself looks, 200 ms at most.
const defaultInterval = 50 * time.Millisecond

func exasockStatus(c *cli.Context) error {
	h := exasockHost(c)
	if c.Duration("interval") < time.Millisecond {
		return cmdline.Usagef("exasock status: --interval %s is too short; 1ms is the least", c.Duration("interval"))
	}
	names := c.Args().Slice()
	if len(names) == 0 {
		var err error
		if names, err = h.Managed(); err != nil {
			return cmdline.WithStatus(err, exit.CannotTell)
		}
		if len(names) == 0 {
			if c.Bool("json") && !c.Bool("watch") {
				if err := cmdline.WriteJSON(c.App.Writer, []exasock.Status{}); err != nil {
					return err
				}
			}
			return cmdline.WithStatus(errors.New("exasock manages no bond; see 'bondctl exasock manage'"), exit.CannotTell)
		}
	}
	if c.Bool("watch") {
		return exasockWatch(c, h, names)
	}
	all := []exasock.Status{}
	var failed []error
	for _, name := range names {
		s, err := h.Status(name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		all = append(all, s)
	}
	var err error
	if c.Bool("json") {
		err = cmdline.WriteJSON(c.App.Writer, all)
	} else {
		err = writeExasock(c.App.Writer, all)
	}
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	for _, s := range all {
		if len(s.Problems) > 0 || !s.Managed {
			return cmdline.Status(exit.Failed)
		}
	}
	return nil
}

// writeExasock prints bonds for a person.
func writeExasock(out io.Writer, all []exasock.Status) error {
	colours := cmdline.Colours(out)
	var text strings.Builder
	for i, s := range all {
		if i > 0 {
			text.WriteByte('\n')
		}
		management := colours.Good("managed by exasock") + ", " + s.Device
		if !s.Managed {
			management = colours.Bad("not managed by exasock")
		}
		fmt.Fprintf(&text, "%s: %s\n", colours.Bold(s.Bond), management)
		fmt.Fprintf(&text, "  mode     %s\n", s.Mode)
		fmt.Fprintf(&text, "  monitor  %s (miimon %s, arp_interval %s)",
			exasock.Interval(s.Monitor.Interval), exasock.Interval(s.Monitor.MIIMon), exasock.Interval(s.Monitor.ARPInterval))
		if s.Managed {
			fmt.Fprintf(&text, "; the driver looks every %s\n  active   %s; by bonding: %s\n", exasock.Interval(s.Monitor.Poll), activeText(&s, s.Active), orNone(s.BondingActive))
		} else {
			fmt.Fprintf(&text, "\n  active   by bonding: %s\n", orNone(s.BondingActive))
		}
		table := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
		for _, m := range s.Members {
			port := "-"
			if m.Port != nil {
				port = m.Port.String()
			}
			driver := m.Driver
			if driver == "" {
				driver = "no driver"
			}
			fmt.Fprintf(table, "  member   %s\t%s\t%s\tlink %s\n", m.Name, driver, port, orDash(m.MII))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		for _, holder := range s.Holders {
			fmt.Fprintf(&text, "  used by  %s\n", holder)
		}
		for _, p := range s.Problems {
			fmt.Fprintf(&text, "%s %s\n", colours.Bad("!"), p)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// activeText names a port, and the NIC that it is.
func activeText(s *exasock.Status, p *exasock.Port) string {
	if p == nil {
		return "none"
	}
	if nic := s.NIC(*p); nic != "" {
		return p.String() + " (" + nic + ")"
	}
	return p.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// exasockEvent is one line of status --watch --json.
type exasockEvent struct {
	Time   string        `json:"time"`
	Bond   string        `json:"bond"`
	Active *exasock.Port `json:"active"`
	NIC    string        `json:"nic,omitempty"`
}

// exasockWatch prints the active port of each bond and every change of it,
// until it is interrupted, which is its good end, or a bond is released.
func exasockWatch(c *cli.Context, h exasock.Host, names []string) error {
	ctx, stop := signal.NotifyContext(c.Context, unix.SIGINT, unix.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make([]*exasock.Page, len(names))
	for i, name := range names {
		page, err := h.Open(name)
		if err != nil {
			return err
		}
		defer page.Close()
		pages[i] = page
	}
	var (
		printing sync.Mutex
		watching sync.WaitGroup
		failed   = make([]error, len(names))
	)
	for i, name := range names {
		watching.Go(func() {
			for port, err := range pages[i].Watch(ctx, exasock.Poll{Max: c.Duration("interval")}) {
				if err == nil {
					s, _ := h.Members(name) // for the NIC's name only
					printing.Lock()
					err = writeEvent(c.App.Writer, c.Bool("json"), name, &s, port)
					printing.Unlock()
				}
				if err != nil {
					failed[i] = fmt.Errorf("%s: %w", name, err)
					cancel()
					return
				}
			}
		})
	}
	watching.Wait()
	return errors.Join(failed...)
}

func writeEvent(out io.Writer, asJSON bool, name string, s *exasock.Status, port *exasock.Port) error {
	now := time.Now().Format("2006-01-02T15:04:05.000Z07:00")
	if !asJSON {
		_, err := fmt.Fprintf(out, "%s %s: %s\n", now, name, activeText(s, port))
		return err
	}
	event := exasockEvent{Time: now, Bond: name, Active: port}
	if port != nil {
		event.NIC = s.NIC(*port)
	}
	return json.NewEncoder(out).Encode(event)
}
