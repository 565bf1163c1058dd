// SPDX-License-Identifier: MIT

package exasock_test

import (
	"context"
	"fmt"
	"log"

	"github.com/slackbond/slackbond/internal/exasock"
)

// A program that sends by the active card looks before each packet.
func ExamplePage_Active() {
	page, err := exasock.Open(exasock.Device("bond0"))
	if err != nil {
		log.Fatal(err)
	}
	defer page.Close()
	if card, port, ok := page.Active(); ok {
		fmt.Printf("send by /dev/exanic%d, port %d\n", card, port)
	}
}

// One that only wants to know watches.
func ExamplePage_Watch() {
	page, err := exasock.Open(exasock.Device("bond0"))
	if err != nil {
		log.Fatal(err)
	}
	defer page.Close()
	for port, err := range page.Watch(context.Background(), exasock.Poll{}) {
		switch {
		case err != nil:
			log.Print(err)
		case port == nil:
			log.Print("no active port")
		default:
			log.Print(port)
		}
	}
}
