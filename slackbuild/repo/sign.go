// SPDX-License-Identifier: MIT

package repo

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// publishKey makes sure that the key can be had, and makes GPG-KEY ready.
func (r *repository) publishKey(ctx context.Context, key string) error {
	said, err := gpg(ctx, nil, "--with-colons", "--list-secret-keys", "--", key)
	if err != nil {
		return fmt.Errorf("the key %q: %w", key, err)
	}
	for line := range strings.Lines(string(said)) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" && len(fields) > 9 {
			r.key = fields[9]
			break
		}
	}
	public, err := gpg(ctx, nil, "--armor", "--export", r.key)
	if err != nil {
		return err
	}
	r.put("GPG-KEY", public)
	return nil
}

// signPackages signs the packages that this key has not signed yet. Without a
// key, signatures that are wrong by now are removed.
func (r *repository) signPackages(ctx context.Context) error {
	for _, p := range r.packages {
		_, err := os.Stat(r.path(p.name + ".asc"))
		missing := err != nil
		switch {
		case r.key == "" && !missing && p.Signed == "":
			r.remove(p.name + ".asc")
		case r.key != "" && (missing || p.Signed != r.key):
			made, err := gpg(ctx, nil, "--local-user", r.key, "--armor", "--output", "-", "--detach-sign", "--", r.path(p.name))
			if err != nil {
				return fmt.Errorf("signing %s: %w", p.name, err)
			}
			r.pending[p.name+".asc"], p.Signed = made, r.key
		default:
			r.kept[p.name+".asc"] = true
		}
	}
	return nil
}

// signSums signs a list of sums that is new, or that another key has signed.
func (r *repository) signSums(ctx context.Context, name string, data []byte) error {
	asc := name + ".asc"
	_, changed := r.pending[name]
	old, err := os.ReadFile(r.path(asc))
	if r.key == "" {
		if changed && err == nil {
			r.remove(asc)
			r.remark("%s: removed: it signs what the list was before; name a key with --key", asc)
		}
		return nil
	}
	if _, newKey := r.pending["GPG-KEY"]; err == nil && len(old) > 0 && !changed && !newKey {
		return nil
	}
	made, err := gpg(ctx, data, "--local-user", r.key, "--armor", "--output", "-", "--detach-sign")
	if err != nil {
		return fmt.Errorf("signing %s: %w", name, err)
	}
	r.pending[asc] = made
	return nil
}

// gpg runs gpg, which finds its keys as ever, and never asks.
func gpg(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "gpg", append([]string{"--batch", "--yes"}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		text, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		if text == "" {
			return nil, err
		}
		return nil, fmt.Errorf("%s (%w)", text, err)
	}
	return out.Bytes(), nil
}

func fileExists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode()&fs.ModeType == 0
}
