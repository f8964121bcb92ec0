drop function nearest_admins(text, text);
drop table notification_preferences;
drop table webhook_notices;
drop table notifications;
drop table deliveries;
drop table webhooks;
drop table notices;
