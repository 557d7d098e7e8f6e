package store

import "bordergw/model"

// checkSwitches refuses what is known to be wrong of the gateway's switches.
func (p *places) checkSwitches(g *model.L2Gateway) error {
	for i := range g.Devices {
		if err := p.checkSwitch(&g.Devices[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *places) checkSwitch(dev *model.Device) error {
	sw, err := p.switchOf(dev)
	if err != nil || sw == nil {
		return err
	}
	if f := fault(sw.Faults); f != "" {
		return model.ErrSwitchFault(sw.Name, f)
	}
	for _, i := range dev.Interfaces {
		port, ok := sw.Port(i.Name)
		switch {
		case sw.Lacks(i.Name) && !i.ProvisionAhead:
			return model.ErrInterfaceNotFound(i.Name)
		case !ok:
			continue
		}
		if f := fault(port.Faults); f != "" {
			return model.ErrPortFault(port.Name, sw.Name, f)
		}
	}
	return nil
}

// checkPorts refuses ports that a known switch lacks, but for those that are to come.
func (p *places) checkPorts(dev *model.Device) error {
	sw, err := p.switchOf(dev)
	if err != nil || sw == nil {
		return err
	}
	for _, i := range dev.Interfaces {
		if sw.Lacks(i.Name) && !i.ProvisionAhead {
			return model.ErrPhysicalPortNotFound(i.Name, sw.Name)
		}
	}
	return nil
}

// switchOf gives the inventory of a device's switch, nil while it is not known.
// A name that is not known is refused only when every registered database was
// read: else it may be on one of those that were not.
func (p *places) switchOf(dev *model.Device) (*model.SwitchInventory, error) {
	at, ok := p.Find(dev)
	if !ok && !p.Registrations().SomeUnread() {
		return nil, model.ErrL2GatewayDeviceNotFound(dev.DeviceName)
	}
	return p.Seen(at), nil
}

// fault is the first that a switch or port reports; some report "UP" when they
// have none.
func fault(list []string) string {
	for _, f := range list {
		if f != "" && f != "UP" {
			return f
		}
	}
	return ""
}
