"""What people should look at: labels that are probably wrong, tickets that would teach most."""
