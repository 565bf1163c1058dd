// SPDX-License-Identifier: MIT

package bondlink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Events tells when a link of this network namespace changes. It needs no
// privilege.
type Events struct {
	conn *netlink.Conn
}

// Listen starts to listen: what happens from now on wakes Wait.
func Listen() (*Events, error) {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{Groups: unix.RTMGRP_LINK})
	if err != nil {
		return nil, fmt.Errorf("listening for changes of links (rtnetlink): %w", err)
	}
	return &Events{conn}, nil
}

// Close ends listening.
func (e *Events) Close() error { return e.conn.Close() }

// Wait returns nil after a link was changed, added or removed: perhaps one
// that is nobody's member, perhaps many at once. It returns ctx's error where
// that ends first.
func (e *Events) Wait(ctx context.Context) error {
	if err := e.conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("waiting for changes of links (rtnetlink): %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = e.conn.SetReadDeadline(time.Now()) })
	defer stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err := e.conn.Receive()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, unix.ENOBUFS):
		return nil // more events than the socket holds: so there was one
	case err != nil:
		return fmt.Errorf("waiting for changes of links (rtnetlink): %w", err)
	}
	return nil
}
