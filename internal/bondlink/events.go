// SPDX-License-Identifier: MIT

package bondlink

import (
	"context"

	"github.com/slackbond/slackbond/internal/rtnl"
	"golang.org/x/sys/unix"
)

// Events tells when a link of this network namespace changes. It needs no
// privilege.
type Events struct {
	watcher *rtnl.Watcher
}

// Listen starts to listen: what happens from now on wakes Wait.
func Listen() (*Events, error) {
	watcher, err := rtnl.Watch(unix.RTNLGRP_LINK)
	if err != nil {
		return nil, err
	}
	return &Events{watcher}, nil
}

// Close ends listening.
func (e *Events) Close() error { return e.watcher.Close() }

// Wait returns nil after a link was changed, added or removed: perhaps one
// that is nobody's member, perhaps many at once. It returns ctx's error where
// that ends first.
func (e *Events) Wait(ctx context.Context) error { return e.watcher.Wait(ctx, -1) }
