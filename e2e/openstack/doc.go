// Package openstack holds the acceptance tests with OpenStack's own, unmodified
// command line client (python3-openstackclient with the plugin of
// python3-networking-l2gw, python3-keystone) against the built program.
//
// They have the build tag openstack, since not every machine has these
// packages; with the tag they fail where the packages are missing.
package openstack
