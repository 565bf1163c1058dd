// SPDX-License-Identifier: MIT

package lint

// cache spares looking at builds again that have not changed.
type cache struct{}

func openCache(dir, root string) *cache { return nil }

func (c *cache) load(dir string) (*result, error) { return loadDir(dir) }

func (c *cache) save() {}
