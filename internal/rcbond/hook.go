// SPDX-License-Identifier: MIT

package rcbond

import (
	"context"
	"io"
	"os/exec"
)

// hookScript sources rc.bond.conf again, without what it prints, and calls one
// of its functions for a bond.
const hookScript = `. "$1" </dev/null >/dev/null 2>&1
"$2" "$3"`

// runHook calls a function of the configuration at path for a bond.
func runHook(ctx context.Context, path, function, bond string, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, "bash", "-c", hookScript, "rc.bond", path, function, bond)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd.Run()
}
