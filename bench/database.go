package main

import (
	"encoding/json"
	"fmt"
)

// database is one that is asked and written to over its unix socket, with a connection
// each time.
type database struct {
	unix string // as dialRaw takes it
	name string
}

// transact makes a transaction.
func (d database) transact(ops ...string) error {
	_, err := d.ask(ops...)
	return err
}

// ask makes a transaction and returns its results.
func (d database) ask(ops ...string) (json.RawMessage, error) {
	c, err := dialRaw(d.unix)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.transact(d.name, ops...)
}

// load makes transactions of many operations, in order.
func (d database) load(ops []string) error {
	c, err := dialRaw(d.unix)
	if err != nil {
		return err
	}
	defer c.Close()
	for len(ops) > 0 {
		n := min(perTransaction, len(ops))
		if _, err := c.transact(d.name, ops[:n]...); err != nil {
			return err
		}
		ops = ops[n:]
	}
	return nil
}

// ids of the rows of a table that match.
func (d database) ids(table, where string) (out []string, err error) {
	result, err := d.ask(fmt.Sprintf(`{"op":"select","table":%q,"where":%s,"columns":["_uuid"]}`, table, where))
	if err != nil {
		return nil, err
	}
	var answer []struct {
		Rows []struct {
			ID [2]string `json:"_uuid"`
		}
	}
	if err := json.Unmarshal(result, &answer); err != nil {
		return nil, err
	}
	for _, row := range answer[0].Rows {
		out = append(out, row.ID[1])
	}
	return out, nil
}

func (d database) locatorOf(ip string) (string, error) {
	ids, err := d.ids("Physical_Locator", fmt.Sprintf(`[["dst_ip","==",%q]]`, ip))
	if err == nil && len(ids) != 1 {
		err = fmt.Errorf("%d locators of %s", len(ids), ip)
	}
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// pointing are the remote MACs of a tunnel end; none is not an error.
func (d database) pointing(ip string) ([]string, error) {
	locators, err := d.ids("Physical_Locator", fmt.Sprintf(`[["dst_ip","==",%q]]`, ip))
	if err != nil || len(locators) == 0 {
		return nil, err
	}
	return d.ids("Ucast_Macs_Remote", fmt.Sprintf(`[["locator","==",%s]]`, ref(locators[0])))
}

// holds fails unless the database has so many remote MACs.
func (d database) holds(rows int) error {
	found, err := d.ids("Ucast_Macs_Remote", "[]")
	if err == nil && len(found) != rows {
		err = fmt.Errorf("%d rows are in the database, not %d", len(found), rows)
	}
	return err
}
