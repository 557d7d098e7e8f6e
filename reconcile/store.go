package reconcile

import (
	"context"

	"bordergw/model"
)

// Store is what the Loop needs of the store.
type Store interface {
	Definitions() *model.Definitions
	Changes() (<-chan struct{}, func())
	SetInventory(ctx context.Context, deviceID string, inv model.Inventory) error
	ClearTombstone(ctx context.Context, networkID, deviceID string) error
	ForgetRetired(ctx context.Context, deviceID string) error
	SetActiveDevice(ctx context.Context, gatewayID, deviceID string) error
}
