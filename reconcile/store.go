package reconcile

import (
	"context"
	"time"

	"bordergw/model"
)

// Store is what the Loop needs of the store.
type Store interface {
	Definitions() *model.Definitions
	Changes() (<-chan struct{}, func())
	Memory
}

// Memory is what the Loop has the store remember.
type Memory interface {
	SetInventory(ctx context.Context, deviceID string, inv model.Inventory) error
	SetHoldings(ctx context.Context, deviceID string, held map[string]model.VNI, gone []string) error
	ClearTombstone(ctx context.Context, networkID, deviceID string) error
	ConfirmReleased(ctx context.Context, deviceID string, ids []string) error
	NoteVNIs(deviceID string, all bool, vnis map[string]model.VNI)
	ForgetRetired(ctx context.Context, deviceID string) error
	ExpireRetired(ctx context.Context, retention time.Duration) (gone []*model.RetiredDevice, left time.Duration, err error)
	SetActiveDevice(ctx context.Context, gatewayID, deviceID string) error
	RecordMoves(ctx context.Context, moves []model.MACMove) error
}
