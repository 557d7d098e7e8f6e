package topology

import (
	"bordergw/model"
	"bordergw/reconcile/mactable"
)

// Supposing is the View of other definitions when all that switches have to report is reported:
// learned is that of networks of which they have not reported yet. v stays as it is.
func (v *View) Supposing(defs *model.Definitions, learned map[string]*mactable.Learned) *View {
	in := v.in
	in.Definitions, in.Learned = defs, in.Learned.With(learned)
	in.GrowOnly, in.Prune, in.Young = false, false, nil
	return Compile(in, v)
}
