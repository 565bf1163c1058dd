// SPDX-License-Identifier: MIT

package repo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// signPackages signs the packages whose signature is missing or older than
// they are, and writes the public key.
func (r *repository) signPackages(ctx context.Context, key string) error {
	public, err := gpg(ctx, "--armor", "--export", key)
	if err != nil {
		return err
	}
	if len(public) == 0 {
		return fmt.Errorf("gpg knows no key %q", key)
	}
	if err := r.put("GPG-KEY", public); err != nil {
		return err
	}
	for _, p := range r.packages {
		if err := r.sign(ctx, key, p.name); err != nil {
			return err
		}
	}
	return nil
}

// sign writes NAME.asc, unless there is one that is newer.
func (r *repository) sign(ctx context.Context, key, name string) error {
	file := r.path(name)
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if done, err := os.Stat(file + ".asc"); err == nil && done.ModTime().After(info.ModTime()) {
		return nil
	}
	tmp, err := os.MkdirTemp("", "mkslack-sign-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	out := filepath.Join(tmp, "asc")
	if _, err := gpg(ctx, "--local-user", key, "--armor", "--output", out, "--detach-sign", file); err != nil {
		return err
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	return r.put(name+".asc", data)
}

// gpg runs gpg, which finds its keys as ever, and never asks.
func gpg(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "gpg", append([]string{"--batch", "--yes"}, args...)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("gpg %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out.Bytes(), nil
}
