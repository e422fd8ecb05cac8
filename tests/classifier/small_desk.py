"""A small desk's closed tickets, written for these tests: four labels, and one day for each ticket."""

from datetime import UTC, datetime, timedelta

from classifier.data.dataset import Ticket

TEAMS = {"passwords": "identity", "printing": "workplace", "network": "network", "buying": "workplace"}

REQUESTS = {
    "passwords": """
        I forgot my password and cannot sign in
        my account is locked after three wrong passwords
        please reset the password of my Windows login
        the authenticator asks for a code and I have a new phone
        password expired over the holidays
        locked out again, third time this week
        sign-in refused, it says wrong user name or password
        how do I change my password, it runs out tomorrow
        MFA prompt never arrives on my phone so I can't log in
        account disabled message when I log on
        cannot log in to the portal, credentials rejected
        need my login unlocked please
        the reset link for my password has expired
        single sign-on loops back to the login page
        forgot the PIN and the password of my login
        too many attempts, account blocked
        new password is not accepted by the policy
        my colleague changed my password by accident
        second factor lost, cannot authenticate
        login says my account does not exist
    """,
    "printing": """
        the printer on floor two is jammed
        toner is empty in the copy room
        pages come out with black stripes
        scanner does not send to my mail
        label printer prints blank labels
        printer is offline for everybody here
        cannot find the new printer in the list
        paper tray two broken on the big printer
        double-sided printing stopped working
        print job stays in the queue and never prints
        scan to folder fails with an error
        printer makes a grinding noise
        colours are wrong on every printout
        the printer asks for a service code
        stapler of the copier is stuck
        driver for the label printer is missing
        prints only half the page
        the copier says call for service
        follow-me printing does not release my jobs
        toner leaked inside the printer
    """,
    "network": """
        wifi drops every ten minutes in the meeting room
        VPN does not connect from home
        no internet on the whole second floor
        the cable at my desk gives no connection
        VPN is very slow today
        guest wifi password page does not open
        cannot reach the file server from the branch office
        network is down since this morning
        VPN disconnects when I lock the screen
        wireless is weak in the corner office
        DNS errors for internal sites
        connection to the warehouse is lost
        VPN says gateway not reachable
        switch in the cabinet is blinking red and we are offline
        internet very slow at our site
        wifi does not accept the certificate
        remote office lost its connection
        tunnel to headquarters is down
        packet loss on the line since noon
        docking station network port gives no link
    """,
    "buying": """
        I need a second monitor for my desk
        please order a headset for a new colleague
        quote for twenty laptops, cost centre 4711
        can I get a bigger keyboard
        when is my ordered laptop delivered
        would like to buy an ergonomic mouse
        we need three more docking stations
        please order a charger, cost centre 1200
        replacement for a lost mouse
        budget approved, please purchase the tablet
        order webcam for home office
        what does a new monitor cost
        need a laptop bag and a privacy screen
        delivery date of the phones we ordered
        return the wrong keyboard that was delivered
        renew the leasing of our laptops
        purchase request for an extra power supply
        please send an offer for a projector
        ordering six chairs with screens for the new room
        invoice for the monitors went to the wrong cost centre
    """,
}


def small_tickets() -> list[Ticket]:
    """Eighty tickets, the labels taking turns, one closed a day."""
    lines = {label: [line.strip() for line in block.strip().splitlines()] for label, block in REQUESTS.items()}
    start = datetime(2026, 1, 1, 9, tzinfo=UTC)
    tickets = []
    for round_ in range(20):
        for label, texts in lines.items():
            day = start + timedelta(days=len(tickets))
            closed = day + timedelta(hours=3)
            tickets.append(Ticket(f"T-{len(tickets):03}", texts[round_], label, TEAMS[label], "P3", day, closed))
    return tickets
