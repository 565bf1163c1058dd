// SPDX-License-Identifier: MIT

package engine

import "context"

// BondsOf tells which bonds of the plan a NIC of this machine is meant for, by
// whatever BONDNICS calls it. exists is whether there is such a NIC.
func (e *Engine) BondsOf(ctx context.Context, nic string) (bonds []string, exists bool, err error) {
	r := e.begin(ctx)
	if err := r.lookAtLinks(); err != nil {
		return nil, false, err
	}
	link := r.links[nic]
	for i := range e.Plan.Bonds {
		b := &e.Plan.Bonds[i]
		for _, m := range b.Members {
			// A word that means several NICs is told by the start of the bond.
			if found, _, err := r.resolve(m); m.Name == nic || err == nil && found != nil && found == link {
				bonds = append(bonds, b.Name)
				break
			}
		}
	}
	return bonds, link != nil && link.Kind == "", nil
}
