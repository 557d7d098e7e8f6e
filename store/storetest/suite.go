package storetest

import "testing"

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"Networks", testNetworks},
		{"NetworkRecords", testNetworkRecords},
		{"DeviceRefusals", testDeviceRefusals},
		{"DeviceDefaults", testDeviceDefaults},
		{"DeviceUpdates", testDeviceUpdates},
		{"DeviceMoves", testDeviceMoves},
		{"DeviceSharesSwitch", testDeviceSharesSwitch},
		{"DeviceReplaced", testDeviceReplaced},
		{"DeviceMovesToRetired", testDeviceMovesToRetired},
		{"DeviceDeletes", testDeviceDeletes},
		{"RemoteMACs", testRemoteMACs},
		{"Inventory", testInventory},
		{"GatewayCreate", testGatewayCreate},
		{"GatewayCreateRefusals", testGatewayCreateRefusals},
		{"GatewayUpdate", testGatewayUpdate},
		{"GatewayUpdateRefusals", testGatewayUpdateRefusals},
		{"GatewayUpdateRechecks", testGatewayUpdateRechecks},
		{"GatewayDelete", testGatewayDelete},
		{"ConnectionOrder", testConnectionOrder},
		{"ConnectionSegmentation", testConnectionSegmentation},
		{"ConnectionSwitches", testConnectionSwitches},
		{"ConnectionVLANs", testConnectionVLANs},
		{"VNIAllocation", testVNIAllocation},
		{"BorderVNI", testBorderVNI},
		{"BorderConflicts", testBorderConflicts},
		{"UndrivenTypes", testUndrivenTypes},
		{"F156VNIReleased", testVNIReleased},
		{"F156SameNetworkAgain", testSameNetworkAgain},
		{"F156NeverOnASwitch", testNeverOnASwitch},
		{"F156DeletedDevice", testReleasedOnDeletedDevice},
		{"F157BorderVNIReleased", testBorderVNIReleased},
		{"F157StitchVLANReleased", testStitchVLANReleased},
		{"F158ReleasedOverExport", testReleasedOverExport},
		{"F158QuarantineOver", testQuarantineOver},
		{"F158QuarantineAndClock", testQuarantineAndClock},
		{"F158QuarantineByClockAhead", testQuarantineByClockAhead},
		{"F159Sightings", testSightings},
		{"F98QuarantineEnded", testQuarantineEnded},
		{"F99RetentionAndClock", testRetentionAndClock},
		{"Lookup", testLookup},
		{"Tombstones", testTombstones},
		{"TombstonesOfUnknownSwitches", testTombstonesOfUnknownSwitches},
		{"F63RetiredDevice", testRetiredDevice},
		{"F64Reattach", testReattach},
		{"Quotas", testQuotas},
		{"Audit", testAudit},
		{"AuditBound", testAuditBound},
		{"AuditBytes", testAuditBytes},
		{"ExportImport", testExportImport},
		{"ImportOrder", testImportOrder},
		{"ImportClashes", testImportClashes},
		{"ImportRefusals", testImportRefusals},
		{"NothingChanged", testNothingChanged},
		{"Records", testRecords},
		{"Notices", testNotices},
		{"Snapshots", testSnapshots},
		{"Cancelled", testCancelled},
		{"Simulation", testSimulation},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}
