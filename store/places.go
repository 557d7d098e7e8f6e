package store

import "bordergw/model"

// places finds the switches that gateways name, and the ports on them.
type places struct{ *model.Places }

func newPlaces(d *model.Definitions) *places { return &places{model.NewPlaces(d)} }
