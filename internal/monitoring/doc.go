// Package monitoring reads what dist has for Prometheus and Grafana, and asks a running Prometheus whether it takes it:
// whether it scrapes the controller, has loaded the rules, and has data for every expression of rules and dashboard.
package monitoring
