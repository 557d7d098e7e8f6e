package store

import "context"

// SetActiveDevice records which device of an active-passive gateway carries
// traffic; "" for none. It is reconcile's decision, made durable so that a
// restart does not change it.
func (s *Store) SetActiveDevice(ctx context.Context, gatewayID, deviceID string) error {
	return s.do(ctx, func(t *txn) error {
		old, err := t.gateway(gatewayID)
		if err != nil || old.Active == deviceID {
			return err
		}
		g := *old
		g.Active = deviceID
		gateways.put(t, &g)
		return nil
	})
}
