//! What each account ran, hour by hour.
